//! Reads Server-Sent Events as our gateway writes them: lines end in LF, and `data` is one line.

use std::time::Duration;

use reqwest::Response;

use crate::cli::Exit;
use crate::cli::client::Gateway;

/// The gateway says every 15 s that it is there: three times nothing is nobody.
const SILENCE: Duration = Duration::from_secs(45);

/// One thing that happened has some hundred bytes and a detail of a few kilobytes. More is no gateway.
const LINE_BYTES_MAX: usize = 1 << 20;

/// An open tail.
pub(super) struct Stream {
    response: Response,
    lines: Lines,
}

/// Bytes on their way to become lines.
#[derive(Default)]
struct Lines(Vec<u8>);

impl Stream {
    /// Looks on from now on.
    pub(super) async fn open(gateway: &Gateway, query: &[(&str, Option<&str>)]) -> Result<Stream, Exit> {
        let response = gateway.open("/v1/tail", query, SILENCE).await?;
        Ok(Stream { response, lines: Lines::default() })
    }

    /// Returns the data of the next event; none: the stream ended or broke, which is the same to a reader.
    pub(super) async fn next(&mut self) -> Option<String> {
        loop {
            while let Some(line) = self.lines.next() {
                // Comments say that the gateway is there; `event` says what stands in the data, too.
                if let Some(data) = line.strip_prefix("data:") {
                    return Some(data.strip_prefix(' ').unwrap_or(data).to_owned());
                }
            }
            if self.lines.0.len() > LINE_BYTES_MAX {
                return None;
            }
            let chunk = self.response.chunk().await.ok()??;
            self.lines.0.extend_from_slice(&chunk);
        }
    }
}

impl Lines {
    fn next(&mut self) -> Option<String> {
        let end = self.0.iter().position(|byte| *byte == b'\n')?;
        let line: Vec<u8> = self.0.drain(..=end).collect();
        Some(String::from_utf8_lossy(line.trim_ascii_end()).into_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_may_come_in_pieces_and_a_piece_may_have_several_lines() {
        let mut lines = Lines::default();
        let mut said = Vec::new();

        for piece in [": still", " here\n\ndata: {\"a\":", "\"ä\"}\r\n\nda", "ta:x\n", "rest"] {
            lines.0.extend_from_slice(piece.as_bytes());
            while let Some(line) = lines.next() {
                said.push(line);
            }
        }

        assert_eq!(said, [": still here", "", "data: {\"a\":\"ä\"}", "", "data:x"]);
        assert_eq!(lines.0, b"rest");
    }
}
