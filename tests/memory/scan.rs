//! Searches the memory of this process for a secret without holding the secret.

use std::fs::{self, File};
use std::os::unix::fs::FileExt;

/// What every byte of a needle is combined with, so that the needle itself is no hit.
const MASK: u8 = 0xa5;
/// Bytes that are read at once.
const CHUNK: usize = 1 << 20;

/// A secret, held masked.
pub(crate) struct Needle(Vec<u8>);

impl Needle {
    pub(crate) fn of(secret: &str) -> Self {
        Self(secret.bytes().map(|byte| byte ^ MASK).collect())
    }

    /// How many times the secret stands in memory that this process can read.
    pub(crate) fn hits(&self) -> usize {
        let memory = File::open("/proc/self/mem").unwrap();
        let mut buffer = vec![0_u8; CHUNK + self.0.len() - 1];
        let own = buffer.as_ptr_range();
        let own = (own.start as u64, own.end as u64);
        let mut hits = 0;
        for (start, end) in mappings() {
            let mut at = start;
            while at < end {
                let wanted = usize::try_from(end - at).unwrap().min(buffer.len());
                // Some mappings, such as the kernel's own, cannot be read.
                let Ok(read) = memory.read_at(&mut buffer[..wanted], at) else { break };
                hits += self.find(&buffer[..read], at, own);
                at += CHUNK as u64;
            }
        }
        buffer.fill(0);
        std::hint::black_box(&buffer);
        hits
    }

    /// Hits in what was read from `at` on, but for those in the buffer it was read to.
    fn find(&self, bytes: &[u8], at: u64, own: (u64, u64)) -> usize {
        let is_here = |window: &[u8]| window.iter().zip(&self.0).all(|(byte, masked)| byte ^ MASK == *masked);
        let places = bytes.windows(self.0.len()).enumerate().filter(|(_, window)| is_here(window));
        places.filter(|(place, _)| !(own.0..own.1).contains(&(at + *place as u64))).count()
    }
}

/// The readable parts of this process's memory.
fn mappings() -> Vec<(u64, u64)> {
    let hex = |text: &str| u64::from_str_radix(text, 16).unwrap();
    fs::read_to_string("/proc/self/maps")
        .unwrap()
        .lines()
        .filter_map(|line| {
            let (range, rest) = line.split_once(' ')?;
            let (start, end) = range.split_once('-')?;
            rest.starts_with('r').then(|| (hex(start), hex(end)))
        })
        .collect()
}
