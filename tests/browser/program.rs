//! The program as it is installed: a process of its own.

use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};

/// A program that serves; it ends with its handle.
pub(crate) struct Program {
    process: Child,
    pub(crate) address: SocketAddr,
}

impl Program {
    /// Starts it with these flags and settings, and waits until it serves.
    pub(crate) fn start(flags: &[&str], settings: &[(&str, &str)]) -> Self {
        let mut process = Command::new(env!("CARGO_BIN_EXE_kaofa"))
            .args(["serve", "--listen", "127.0.0.1:0"])
            .args(flags)
            .env_clear()
            .envs(settings.iter().copied())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("the program starts");
        let mut said = BufReader::new(process.stdout.take().unwrap()).lines().map_while(Result::ok);
        let serves = said.find_map(|line| line.split_once("kaofa serves http://").map(|(_, at)| at.trim().to_owned()));
        let address = serves.unwrap_or_else(|| panic!("the program ended: {:?}", process.wait()));
        // Whoever prints into a pipe that nobody reads any more is ended.
        std::thread::spawn(move || said.for_each(drop));
        Self { process, address: address.parse().unwrap() }
    }

    /// SIGKILL: nothing is finished, nothing is written any more.
    pub(crate) fn kill(self) {
        drop(self);
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
