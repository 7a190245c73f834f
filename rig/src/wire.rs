//! HTTP/1.1 over a connection that is kept, with as little work as the protocol allows: whoever measures a server on its
//! own machine takes from it what the client spends.

use std::fmt::Write as _;
use std::io;
use std::net::SocketAddr;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// A connection.
#[derive(Debug)]
pub struct Wire {
    stream: TcpStream,
    buffer: Vec<u8>,
    filled: usize,
}

/// An answer, as long as the next request has not been sent.
#[derive(Debug, Clone, Copy)]
pub struct Answer<'a> {
    /// Its status.
    pub status: u16,
    /// `Retry-After`, in seconds.
    pub retry_after: Option<u64>,
    /// Its head as it came.
    pub head: &'a [u8],
    /// Its body.
    pub body: &'a [u8],
}

impl Answer<'_> {
    /// The values of a header.
    #[must_use]
    pub fn headers(&self, name: &str) -> Vec<String> {
        let head = String::from_utf8_lossy(self.head);
        let lines = head.lines().filter_map(|line| line.split_once(':'));
        lines.filter(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim().to_owned()).collect()
    }

    /// The body as text.
    #[must_use]
    pub fn text(&self) -> String {
        String::from_utf8_lossy(self.body).into_owned()
    }
}

/// A request with a token and, unless it is empty, a JSON body.
#[must_use]
pub fn request(method: &str, path: &str, token: &str, body: &str) -> Vec<u8> {
    let mut text = format!("{method} {path} HTTP/1.1\r\nhost: kaofa\r\n");
    if !token.is_empty() {
        text.push_str("authorization: Bearer ");
        text.push_str(token);
        text.push_str("\r\n");
    }
    if body.is_empty() {
        text.push_str("\r\n");
    } else {
        write!(text, "content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}", body.len())
            .expect("text takes everything");
    }
    text.into_bytes()
}

impl Wire {
    /// Connects.
    pub async fn connect(address: SocketAddr) -> io::Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, buffer: vec![0; 8 * 1024], filled: 0 })
    }

    /// Sends a request and waits for the whole answer.
    pub async fn exchange(&mut self, request: &[u8]) -> io::Result<Answer<'_>> {
        self.stream.write_all(request).await?;
        self.filled = 0;
        let head = loop {
            self.more().await?;
            if let Some(head) = Head::read(&self.buffer[..self.filled])? {
                break head;
            }
        };
        let end = head.length + head.body;
        if self.buffer.len() < end {
            self.buffer.resize(end, 0);
        }
        while self.filled < end {
            self.more().await?;
        }
        let (front, body) = self.buffer[..end].split_at(head.length);
        Ok(Answer { status: head.status, retry_after: head.retry_after, head: front, body })
    }

    async fn more(&mut self) -> io::Result<()> {
        if self.filled == self.buffer.len() {
            self.buffer.resize(self.filled * 2, 0);
        }
        match self.stream.read(&mut self.buffer[self.filled..]).await? {
            0 => Err(io::ErrorKind::UnexpectedEof.into()),
            read => {
                self.filled += read;
                Ok(())
            }
        }
    }
}

/// What matters of an answer's head.
struct Head {
    length: usize,
    status: u16,
    retry_after: Option<u64>,
    body: usize,
}

impl Head {
    /// None while it is incomplete. The server states the length of whatever it answers.
    fn read(bytes: &[u8]) -> io::Result<Option<Self>> {
        let invalid = |why: &str| io::Error::new(io::ErrorKind::InvalidData, why.to_owned());
        let mut headers = [httparse::EMPTY_HEADER; 32];
        let mut response = httparse::Response::new(&mut headers);
        let parsed = response.parse(bytes).map_err(|e| invalid(&e.to_string()))?;
        let httparse::Status::Complete(length) = parsed else { return Ok(None) };
        let status = response.code.unwrap_or_default();
        let number = |name: &str| {
            let header = response.headers.iter().find(|h| h.name.eq_ignore_ascii_case(name))?;
            std::str::from_utf8(header.value).ok()?.parse::<u64>().ok()
        };
        let body = match number("content-length") {
            Some(body) => usize::try_from(body).map_err(|e| invalid(&e.to_string()))?,
            None if status == 204 => 0,
            None => return Err(invalid("an answer without a length")),
        };
        Ok(Some(Self { length, status, retry_after: number("retry-after"), body }))
    }
}
