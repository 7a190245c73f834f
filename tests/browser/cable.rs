//! What lies between a browser and a server: a cable that can be pulled, and that can lose what the server answers.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// What becomes of what is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// It arrives, both ways.
    Whole,
    /// The server hears everything, its answers are lost.
    Deaf,
    /// Nothing gets through.
    Pulled,
}

/// A cable whose end at the browser's side never changes.
#[derive(Clone)]
pub(crate) struct Cable {
    /// Where the browser finds it.
    pub(crate) address: SocketAddr,
    server: Arc<Mutex<SocketAddr>>,
    state: watch::Sender<State>,
}

impl Cable {
    pub(crate) async fn to(server: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let cable = Self { address, server: Arc::new(Mutex::new(server)), state: watch::Sender::new(State::Whole) };
        let this = cable.clone();
        tokio::spawn(async move {
            while let Ok((browser, _)) = listener.accept().await {
                let this = this.clone();
                tokio::spawn(async move { this.connect(browser).await });
            }
        });
        cable
    }

    pub(crate) fn base(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Puts the other end into another server.
    pub(crate) fn plug_into(&self, server: SocketAddr) {
        *self.server.lock().unwrap() = server;
    }

    /// From here on nothing gets through, and what was under way is cut off.
    pub(crate) fn pull(&self) {
        self.state.send_replace(State::Pulled);
    }

    /// From here on the server's answers are lost.
    pub(crate) fn deafen(&self) {
        self.state.send_replace(State::Deaf);
    }

    /// As new; connections of before are gone.
    pub(crate) fn mend(&self) {
        self.state.send_replace(State::Whole);
    }

    async fn connect(&self, mut browser: TcpStream) {
        let mut state = self.state.subscribe();
        let begun = *state.borrow_and_update();
        if begun == State::Pulled {
            return;
        }
        let to = *self.server.lock().unwrap();
        let Ok(mut server) = TcpStream::connect(to).await else { return };
        let (mut up, mut down) = (vec![0; 16384], vec![0; 16384]);
        loop {
            tokio::select! {
                changed = state.changed() => {
                    // A connection that has swallowed an answer is of no use any more.
                    if changed.is_err() || *state.borrow_and_update() != State::Deaf { return }
                }
                read = browser.read(&mut up) => match read {
                    Ok(n) if n > 0 => if server.write_all(&up[..n]).await.is_err() { return },
                    _ => return,
                },
                read = server.read(&mut down) => match read {
                    Ok(n) if n > 0 => {
                        let deaf = *state.borrow() == State::Deaf;
                        if !deaf && browser.write_all(&down[..n]).await.is_err() { return }
                    }
                    _ => return,
                },
            }
        }
    }
}
