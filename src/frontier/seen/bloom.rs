//! A blocked Bloom filter (Putze, Sanders, Singler 2007): all bits of a key are in one cache line.
//!
//! Only "not contained" is certain. The filter grows as it fills (Almeida et al. 2007, Scalable Bloom filters), so its
//! memory follows the size of the crawl.

/// Number of 64-bit words in a block, which is a cache line.
const WORDS: usize = 8;

/// Number of bits set per key.
const BITS: u32 = 6;

/// Average number of keys per block at which a layer is full. That is 12 bits per key: each layer mistakes 0.6 % of new keys
/// for known ones.
const FULL: u64 = 42;

/// The first layer has this fraction of all blocks. With doubling, four layers make the whole.
const FIRST_SHARE: usize = 16;

/// A filter that grows in layers up to a maximum size. Each layer is twice as large as the one before; the last takes all
/// further keys.
#[derive(Debug)]
pub(super) struct Bloom {
    layers: Vec<Layer>,
    /// Number of blocks of further layers.
    left: usize,
}

#[derive(Debug)]
struct Layer {
    blocks: Vec<[u64; WORDS]>,
    keys: u64,
}

impl Bloom {
    /// A filter of at most `bytes`, but at least one block.
    pub(super) fn new(bytes: usize) -> Self {
        let most = (bytes / size_of::<[u64; WORDS]>()).max(1);
        let first = most.div_ceil(FIRST_SHARE);
        Self { layers: vec![Layer::new(first)], left: most - first }
    }

    /// Inserts a key. Keys must be hashes.
    pub(super) fn insert(&mut self, key: u64) {
        if self.contains(key) {
            return;
        }
        self.grow();
        if let Some(layer) = self.layers.last_mut() {
            layer.insert(key);
        }
    }

    /// Returns true if the key may be contained.
    pub(super) fn contains(&self, key: u64) -> bool {
        // Most keys are in the largest layer, the last.
        self.layers.iter().rev().any(|layer| layer.contains(key))
    }

    /// Adds a layer if the last one is full and the size allows it.
    fn grow(&mut self) {
        let full = self.layers.last().filter(|layer| self.left > 0 && layer.is_full());
        let Some(size) = full.map(|layer| 2 * layer.blocks.len()) else { return };
        // If the rest is too small for one more layer, this layer takes all of it.
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

    /// Maps the key to a block: multiply and take the upper half.
    fn block(&self, key: u64) -> usize {
        let share = u128::from(key) * self.blocks.len() as u128;
        usize::try_from(share >> 64).unwrap_or_default()
    }
}

/// Returns the bits of a key within its block: word and mask. Nine bits of another hash select each.
fn bits(key: u64) -> impl Iterator<Item = (usize, u64)> {
    // The upper bits select the block. After the multiplication all bits matter.
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
    fn false_positives_are_rare() {
        let mut rng = fastrand::Rng::with_seed(3);
        // The last two have 12 and 8 bits per key.
        for (keys, most) in [(400, 100), (20_000, 250), (30_000, 1000)] {
            let keys: Vec<u64> = (0..keys).map(|_| rng.u64(..)).collect();
            let mut bloom = Bloom::new(20_000 * 12 / 8);
            keys.iter().for_each(|key| bloom.insert(*key));
            assert!(keys.iter().all(|key| bloom.contains(*key)));
            let wrong = (0..10_000).filter(|_| bloom.contains(rng.u64(..))).count();
            assert!(wrong < most, "{wrong} of 10,000 with {} keys", keys.len());
        }
    }

    #[test]
    fn it_grows_up_to_its_size() {
        let mut rng = fastrand::Rng::with_seed(4);
        let mut bloom = Bloom::new(96 * 64);
        let mut sizes = Vec::new();
        for _ in 0..6_000 {
            bloom.insert(rng.u64(..));
            let size: usize = bloom.layers.iter().map(|layer| layer.blocks.len()).sum();
            if sizes.last() != Some(&size) {
                sizes.push(size);
            }
        }
        assert_eq!(sizes, [6, 18, 42, 96]);
    }
}
