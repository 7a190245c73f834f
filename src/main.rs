//! The program `kaofa`.

use std::process::ExitCode;

fn main() -> ExitCode {
    kaofa::cli::main()
}
