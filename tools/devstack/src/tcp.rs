//! Forwarding of TCP connections.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};

/// The pause after a failed accept: this process may have too many open files.
const PAUSE: Duration = Duration::from_millis(50);

/// Forwards every connection of the listener to an address, for ever.
pub(crate) async fn forward(listener: TcpListener, to: SocketAddr) {
    loop {
        // One failed accept must not stop the listener.
        let Ok((mut client, _)) = listener.accept().await else {
            tokio::time::sleep(PAUSE).await;
            continue;
        };
        tokio::spawn(async move {
            let mut server = TcpStream::connect(to).await?;
            // A client may disconnect at any time.
            tokio::io::copy_bidirectional(&mut client, &mut server).await
        });
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;

    #[tokio::test]
    async fn request_and_answer_are_forwarded() {
        let server = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(forward(listener, server.local_addr().unwrap()));

        let mut client = TcpStream::connect(address).await.unwrap();
        client.write_all(b"GET /").await.unwrap();
        let (mut server, _) = server.accept().await.unwrap();
        let mut request = [0; 5];
        server.read_exact(&mut request).await.unwrap();
        server.write_all(b"200").await.unwrap();
        let mut answer = [0; 3];
        client.read_exact(&mut answer).await.unwrap();
        assert_eq!((&request, &answer), (b"GET /", b"200"));
    }
}
