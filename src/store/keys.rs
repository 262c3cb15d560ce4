//! The keys already in the workspace, outside the B-tree: a unique index on random keys costs 25 times a plain insert at
//! ten million rows, this set a few bytes and one memory access per event.

const SHARDS: usize = 256;

/// Keys whose slots are read ahead together.
const BLOCK: usize = 256;

/// A set of 64-bit key halves. Membership here is a suspicion; the store verifies it against whole keys.
///
/// Each shard is an open-addressing table whose slots ascend with the hash, so that growing one is a merge in order and
/// its growth by a third keeps the whole within 16 bytes per key.
#[derive(Debug)]
pub(super) struct KeySet {
    shards: Vec<Shard>,
}

#[derive(Debug, Default)]
struct Shard {
    slots: Vec<u64>,
    filled: usize,
}

impl KeySet {
    /// A set with room for this many keys.
    pub(super) fn with_capacity(keys: usize) -> Self {
        let each = keys / SHARDS * 3 / 2 + 16;
        let shard = || Shard { slots: vec![0; each], filled: 0 };
        Self { shards: (0..SHARDS).map(|_| shard()).collect() }
    }

    /// Adds keys and says of each whether it is new. A block's slots are read first: independent reads overlap, where
    /// inserts one by one would each wait for memory.
    pub(super) fn insert_all(&mut self, keys: impl Iterator<Item = u64>) -> Vec<bool> {
        let hashes: Vec<u64> = keys.map(mix).collect();
        let mut new = Vec::with_capacity(hashes.len());
        for block in hashes.chunks(BLOCK) {
            std::hint::black_box(block.iter().fold(0, |seen, hash| seen ^ self.peek(*hash)));
            new.extend(block.iter().map(|hash| self.place(*hash)));
        }
        new
    }

    fn peek(&self, hash: u64) -> u64 {
        let shard = self.shards.get(shard_of(hash));
        shard.and_then(|shard| shard.slots.get(shard.slot_of(hash))).copied().unwrap_or(0)
    }

    fn place(&mut self, hash: u64) -> bool {
        self.shards.get_mut(shard_of(hash)).is_some_and(|shard| shard.insert(hash))
    }

    /// Adds a key; false if it was there.
    pub(super) fn insert(&mut self, key: u64) -> bool {
        self.place(mix(key))
    }
}

/// SplitMix64's finaliser: a bijection, so distinct keys stay distinct. Zero marks an empty slot, so the one hash that
/// is zero shares its slot with one: that is one more suspicion, never a wrong answer.
fn mix(key: u64) -> u64 {
    let mut z = key.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    (z ^ (z >> 31)).max(1)
}

fn shard_of(hash: u64) -> usize {
    (hash & (SHARDS as u64 - 1)) as usize
}

impl Shard {
    fn slot_of(&self, hash: u64) -> usize {
        ((u128::from(hash) * self.slots.len() as u128) >> 64) as usize
    }

    fn insert(&mut self, hash: u64) -> bool {
        if (self.filled + 1) * 4 > self.slots.len() * 3 {
            self.grow();
        }
        let added = self.place(hash);
        self.filled += usize::from(added);
        added
    }

    fn place(&mut self, hash: u64) -> bool {
        let mut at = self.slot_of(hash);
        // There is always an empty slot, a quarter of them at least.
        loop {
            match self.slots.get_mut(at) {
                Some(slot) if *slot == 0 => {
                    *slot = hash;
                    return true;
                }
                Some(slot) if *slot == hash => return false,
                Some(_) => at += 1,
                None => at = 0,
            }
        }
    }

    fn grow(&mut self) {
        let larger = self.slots.len() * 4 / 3 + 16;
        let old = std::mem::replace(&mut self.slots, vec![0; larger]);
        for hash in old.into_iter().filter(|hash| *hash != 0) {
            self.place(hash);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_is_new_once() {
        let mut set = KeySet::with_capacity(0);
        let keys = (0..200_000_u64).map(|n| n.wrapping_mul(0x2545_f491_4f6c_dd1d));
        assert!(keys.clone().all(|key| set.insert(key)));
        assert!(keys.clone().all(|key| !set.insert(key)));
        assert!((200_000..300_000).all(|n: u64| set.insert(n.wrapping_mul(0x2545_f491_4f6c_dd1d))));
    }

    #[test]
    fn memory_stays_within_sixteen_bytes_a_key() {
        for count in [100_000_u64, 333_333, 1_000_000] {
            let mut set = KeySet::with_capacity(0);
            (0..count).for_each(|n| {
                set.insert(n);
            });
            let bytes: usize = set.shards.iter().map(|shard| shard.slots.capacity() * 8).sum();
            assert!(bytes as u64 <= count * 16, "{bytes} for {count}");
        }
    }
}
