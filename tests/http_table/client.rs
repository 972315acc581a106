//! A client that sends what it is given, and reads HTTP/1.1 until the server has said all.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// No answer of a server on this machine takes this long.
const BOUND: Duration = Duration::from_secs(10);

/// The first answer on a connection, and how many there were.
#[derive(Debug, Default)]
pub(crate) struct Answer {
    /// None if the connection ended without an answer.
    pub(crate) status: Option<u16>,
    headers: Vec<(String, String)>,
    pub(crate) body: String,
    /// How often the server said that something was fine.
    pub(crate) successes: usize,
}

impl Answer {
    pub(crate) fn all(&self, name: &str) -> impl Iterator<Item = &str> {
        self.headers.iter().filter(move |(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.all(name).next()
    }
}

/// Sends the bytes on a connection of their own, says no more once the first answer is there, and hears the server out.
pub(crate) async fn ask(address: SocketAddr, wire: &[u8]) -> Answer {
    timeout(BOUND, hear_out(address, wire)).await.unwrap_or_else(|_| panic!("no end within {BOUND:?}"))
}

async fn hear_out(address: SocketAddr, wire: &[u8]) -> Answer {
    let mut connection = TcpStream::connect(address).await.unwrap();
    // Who answers before all is there may end the connection, and what it said can still be read.
    let _ = connection.write_all(wire).await;
    let is_head = wire.starts_with(b"HEAD ");
    let mut heard = Vec::new();
    while first(&heard, is_head).is_none() && more(&mut connection, &mut heard).await {}
    let _ = connection.shutdown().await;
    while more(&mut connection, &mut heard).await {}
    let mut answer = first(&heard, is_head).unwrap_or_default();
    answer.successes =
        heard.windows(10).filter(|bytes| bytes.starts_with(b"HTTP/1.") && bytes.ends_with(b" 2")).count();
    answer
}

/// Whether the server said more.
async fn more(connection: &mut TcpStream, heard: &mut Vec<u8>) -> bool {
    connection.read_buf(heard).await.is_ok_and(|read| read > 0)
}

/// The first answer, once it is there; ours have a length.
fn first(heard: &[u8], is_head: bool) -> Option<Answer> {
    let end = heard.windows(4).position(|bytes| bytes == b"\r\n\r\n")?;
    let head = std::str::from_utf8(&heard[..end]).unwrap();
    let mut lines = head.split("\r\n");
    let status_line = lines.next().unwrap();
    let status = status_line.strip_prefix("HTTP/1.").and_then(|rest| rest.get(2..5)).unwrap().parse().unwrap();
    let headers = lines.map(|line| line.split_once(':').unwrap());
    let headers: Vec<_> = headers.map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned())).collect();
    let mut answer = Answer { status: Some(status), headers, ..Answer::default() };
    assert!(answer.header("transfer-encoding").is_none(), "{head}");
    let length = if is_head { 0 } else { answer.header("content-length").map_or(0, |length| length.parse().unwrap()) };
    answer.body = String::from_utf8(heard.get(end + 4..end + 4 + length)?.to_vec()).unwrap();
    Some(answer)
}
