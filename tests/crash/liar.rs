//! A server that acknowledges a save before it is committed: the real one behind a proxy that answers in its place.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use rig::Wire;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, oneshot};

/// How long an acknowledged save takes to get to the server.
const LAG: Duration = Duration::from_millis(20);

/// A request on its way to the server, and who waits for the answer.
type Forwarded = (Vec<u8>, Option<oneshot::Sender<Vec<u8>>>);

/// Stands before the server at `honest` and gives its own address.
pub(crate) async fn lie(honest: SocketAddr) -> SocketAddr {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            // A connection that breaks has no more to say.
            tokio::spawn(async move { serve(stream, honest).await.unwrap_or_default() });
        }
    });
    address
}

async fn serve(mut stream: TcpStream, honest: SocketAddr) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let (queue, forwarded) = mpsc::unbounded_channel();
    tokio::spawn(forward(honest, forwarded));
    let mut buffer = Vec::new();
    loop {
        let Some((is_save, body, length)) = read(&buffer) else {
            if stream.read_buf(&mut buffer).await? == 0 {
                return Ok(());
            }
            continue;
        };
        let request = buffer.drain(..length).collect::<Vec<u8>>();
        let answer = if is_save {
            let said: Value = serde_json::from_slice(&request[body..])?;
            queue.send((request, None)).map_err(io::Error::other)?;
            let saved = said["saves"].as_array().into_iter().flatten();
            let saved: Vec<Value> = saved.map(|s| json!({ "position": s["position"], "seq": s["seq"] })).collect();
            answer(&json!({ "saved": saved }).to_string())
        } else {
            let (wait, answered) = oneshot::channel();
            queue.send((request, Some(wait))).map_err(io::Error::other)?;
            answered.await.map_err(io::Error::other)?
        };
        stream.write_all(&answer).await?;
    }
}

/// Whether a whole request is a save, where its body begins and where it ends.
fn read(buffer: &[u8]) -> Option<(bool, usize, usize)> {
    let mut headers = [httparse::EMPTY_HEADER; 16];
    let mut request = httparse::Request::new(&mut headers);
    let httparse::Status::Complete(body) = request.parse(buffer).ok()? else { return None };
    let length = request.headers.iter().find(|h| h.name == "content-length");
    let length = length.map_or(Some(0), |h| std::str::from_utf8(h.value).ok()?.parse().ok())?;
    let whole = buffer.len() >= body + length;
    whole.then(|| (request.method == Some("PUT"), body, body + length))
}

async fn forward(honest: SocketAddr, mut queue: mpsc::UnboundedReceiver<Forwarded>) -> io::Result<()> {
    let mut wire = Wire::connect(honest).await?;
    while let Some((request, wait)) = queue.recv().await {
        if wait.is_none() {
            tokio::time::sleep(LAG).await;
        }
        let said = wire.exchange(&request).await?;
        if let Some(wait) = wait {
            // The client may have gone.
            let _ = wait.send(answer(&said.text()));
        }
    }
    Ok(())
}

fn answer(body: &str) -> Vec<u8> {
    format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{body}", body.len()).into_bytes()
}
