//! A blocked Bloom filter (Putze, Sanders, Singler 2007): all bits of a key lie in one cache line. It only ever answers
//! "new for certain". It grows as it fills (Almeida et al. 2007, Scalable Bloom filters), so that its memory follows the
//! crawl.

/// 64-bit words in a block, which is a cache line.
const WORDS: usize = 8;

/// Bits set per key.
const BITS: u32 = 6;

/// Keys in a block before the next layer takes over: with 12 bits of filter per key each layer takes 0.6 % of new keys for
/// known ones.
const FULL: u64 = 42;

/// The share of all that the first layer is: small enough, and four are the whole.
const FIRST: usize = 16;

/// A filter that grows up to a size, in layers, each twice as large as the one before; the last takes all that comes.
#[derive(Debug)]
pub(super) struct Bloom {
    layers: Vec<Layer>,
    /// Blocks that are still to come.
    left: usize,
}

#[derive(Debug)]
struct Layer {
    blocks: Vec<[u64; WORDS]>,
    keys: u64,
}

impl Bloom {
    /// A filter of at most `bytes`, of one block at least.
    pub(super) fn new(bytes: usize) -> Self {
        let most = (bytes / size_of::<[u64; WORDS]>()).max(1);
        let first = most.div_ceil(FIRST);
        Self { layers: vec![Layer::new(first)], left: most - first }
    }

    /// Puts a key in; keys are hashes already.
    pub(super) fn insert(&mut self, key: u64) {
        if self.contains(key) {
            return;
        }
        self.grow();
        if let Some(layer) = self.layers.last_mut() {
            layer.insert(key);
        }
    }

    /// Whether the key may have been put in.
    pub(super) fn contains(&self, key: u64) -> bool {
        // Most keys are in the largest.
        self.layers.iter().rev().any(|layer| layer.contains(key))
    }

    /// Adds a layer when the last one is full, as long as there may be more.
    fn grow(&mut self) {
        let full = self.layers.last().filter(|layer| self.left > 0 && layer.is_full());
        let Some(size) = full.map(|layer| 2 * layer.blocks.len()) else { return };
        // What is too little for another one goes to this one.
        let size = if self.left < 3 * size { self.left } else { size };
        self.left -= size;
        self.layers.push(Layer::new(size));
    }
}

impl Layer {
    fn new(blocks: usize) -> Self {
        Self { blocks: vec![[0; WORDS]; blocks], keys: 0 }
    }

    fn is_full(&self) -> bool {
        self.keys >= FULL * self.blocks.len() as u64
    }

    fn insert(&mut self, key: u64) {
        self.keys += 1;
        let index = self.block(key);
        let Some(block) = self.blocks.get_mut(index) else { return };
        for (word, bit) in bits(key) {
            if let Some(word) = block.get_mut(word) {
                *word |= bit;
            }
        }
    }

    fn contains(&self, key: u64) -> bool {
        let block = self.blocks.get(self.block(key));
        block.is_some_and(|block| bits(key).all(|(word, bit)| block.get(word).is_some_and(|word| word & bit != 0)))
    }

    /// The upper half of the key, stretched over the blocks.
    fn block(&self, key: u64) -> usize {
        let share = u128::from(key) * self.blocks.len() as u128;
        usize::try_from(share >> 64).unwrap_or_default()
    }
}

/// The places of a key within its block: nine bits of another hash for each.
fn bits(key: u64) -> impl Iterator<Item = (usize, u64)> {
    // The block was chosen by the upper bits; multiplied, all of them count again.
    let mixed = (key ^ (key >> 32)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (0..BITS).map(move |turn| {
        let place = mixed >> (10 * turn);
        (usize::try_from(place >> 6 & 7).unwrap_or_default(), 1 << (place & 63))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_strangers_are_taken_for_known() {
        let mut luck = fastrand::Rng::with_seed(3);
        // 12 and 8 bits for each.
        for (keys, most) in [(400, 100), (20_000, 250), (30_000, 1000)] {
            let keys: Vec<u64> = (0..keys).map(|_| luck.u64(..)).collect();
            let mut bloom = Bloom::new(20_000 * 12 / 8);
            keys.iter().for_each(|key| bloom.insert(*key));
            assert!(keys.iter().all(|key| bloom.contains(*key)));
            let wrong = (0..10_000).filter(|_| bloom.contains(luck.u64(..))).count();
            assert!(wrong < most, "{wrong} of 10,000 with {} keys", keys.len());
        }
    }

    #[test]
    fn it_grows_up_to_its_size() {
        let mut luck = fastrand::Rng::with_seed(4);
        let mut bloom = Bloom::new(96 * 64);
        let mut sizes = Vec::new();
        for _ in 0..6_000 {
            bloom.insert(luck.u64(..));
            let size: usize = bloom.layers.iter().map(|layer| layer.blocks.len()).sum();
            if sizes.last() != Some(&size) {
                sizes.push(size);
            }
        }
        assert_eq!(sizes, [6, 18, 42, 96]);
    }
}
