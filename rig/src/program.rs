//! The program as a process: started, measured, starved and killed.

use std::fs;
use std::io::{self, BufRead, BufReader};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// The program and how it is to be started.
#[derive(Debug, Clone)]
pub struct Program {
    binary: PathBuf,
    folder: PathBuf,
    database_url: String,
}

/// A server that runs. It is killed when it is dropped.
#[derive(Debug)]
pub struct Server {
    child: Child,
    /// Where it listens.
    pub address: SocketAddr,
}

/// What a process has used up to now.
#[derive(Debug, Clone, Copy)]
pub struct Usage {
    /// Time of the processor, its own and the system's on its behalf.
    pub cpu: Duration,
    /// Resident memory now, in bytes.
    pub resident: u64,
    /// The most resident memory so far, in bytes.
    pub peak: u64,
}

/// A port of this machine that nobody uses.
#[must_use]
pub fn free_port() -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
    listener.local_addr().expect("it has an address").port()
}

impl Program {
    /// The binary, a folder for its key and its output, and its database.
    #[must_use]
    pub fn new(binary: impl Into<PathBuf>, folder: impl Into<PathBuf>, database_url: impl Into<String>) -> Self {
        Self { binary: binary.into(), folder: folder.into(), database_url: database_url.into() }
    }

    /// The file of its secret key.
    #[must_use]
    pub fn key_file(&self) -> PathBuf {
        self.folder.join("kaofa.key")
    }

    /// The binary.
    #[must_use]
    pub fn binary(&self) -> &Path {
        &self.binary
    }

    /// Its database.
    #[must_use]
    pub fn database_url(&self) -> &str {
        &self.database_url
    }

    /// Starts a server on a port and waits until it serves. What it writes goes to `server.log` in its folder.
    ///
    /// It ignores SIGXFSZ, so that a limit on the size of files is met as a full disk is: by a write that fails.
    #[must_use]
    pub fn start(&self, port: u16) -> Server {
        let log = fs::File::options().create(true).append(true).open(self.log_file()).expect("a log");
        let mut child = Command::new("sh")
            .args(["-c", "trap '' XFSZ; exec \"$0\" serve"])
            .arg(&self.binary)
            .env_clear()
            .env("KAOFA_LISTEN", format!("127.0.0.1:{port}"))
            .env("KAOFA_DATABASE_URL", &self.database_url)
            .env("KAOFA_SECRET_KEY_FILE", self.key_file())
            .current_dir(&self.folder)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .expect("the program starts");
        let mut line = String::new();
        BufReader::new(child.stdout.take().expect("it is piped")).read_line(&mut line).expect("it speaks");
        let address = line.trim().strip_prefix("kaofa serves http://").and_then(|a| a.parse().ok());
        let Some(address) = address else {
            let said = fs::read_to_string(self.log_file()).unwrap_or_default();
            panic!("the server did not start: {line}{said}");
        };
        Server { child, address }
    }

    /// What the server wrote.
    #[must_use]
    pub fn log_file(&self) -> PathBuf {
        self.folder.join("server.log")
    }
}

impl Server {
    /// Ends it at once, as a power cut does to a process: it gets to do nothing more.
    pub fn kill(mut self) {
        self.child.kill().expect("it runs");
        self.child.wait().expect("it ends");
    }

    /// Tells it to stop and waits until it has.
    pub fn stop(mut self) {
        let told = Command::new("kill").arg(self.child.id().to_string()).status().expect("kill");
        assert!(told.success());
        assert!(self.child.wait().expect("it ends").success(), "the server ends in order");
    }

    /// Whether the process is still there.
    pub fn is_running(&mut self) -> bool {
        self.child.try_wait().expect("it can be asked").is_none()
    }

    /// From now on no file of its can grow beyond so many bytes; `None` lifts the limit.
    pub fn limit_files(&self, bytes: Option<u64>) {
        let soft = bytes.map_or_else(|| "unlimited".to_owned(), |b| b.to_string());
        let pid = self.child.id().to_string();
        let set = Command::new("prlimit").args(["--pid", &pid, &format!("--fsize={soft}:")]).status();
        assert!(set.expect("prlimit").success());
    }

    /// What it has used.
    #[must_use]
    pub fn usage(&self) -> Usage {
        Usage::of(self.child.id()).expect("the process is there")
    }

    /// Lets the peak of its memory begin anew.
    pub fn forget_peak(&self) {
        // What 5 does is described in proc_pid_clear_refs(5).
        fs::write(format!("/proc/{}/clear_refs", self.child.id()), "5").expect("the process is there");
    }

    /// The process's id.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Usage {
    /// Of any process, from /proc.
    pub fn of(id: u32) -> io::Result<Self> {
        let folder = Path::new("/proc").join(id.to_string());
        let stat = fs::read_to_string(folder.join("stat"))?;
        // The second field is a name in parentheses, which may hold anything.
        let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
        let ticks: u64 = [11, 12].iter().filter_map(|&at| fields.get(at)?.parse::<u64>().ok()).sum();
        let status = fs::read_to_string(folder.join("status"))?;
        let kib = |name: &str| -> u64 {
            let line = status.lines().find_map(|l| l.strip_prefix(name)).unwrap_or_default();
            line.split_whitespace().next().and_then(|n| n.parse().ok()).unwrap_or_default()
        };
        // Linux counts in hundredths of a second, on every machine (USER_HZ).
        Ok(Self { cpu: Duration::from_millis(ticks * 10), resident: kib("VmRSS:") * 1024, peak: kib("VmHWM:") * 1024 })
    }
}
