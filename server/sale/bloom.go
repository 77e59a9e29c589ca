package sale

import "hash/maphash"

const (
	// A layer has room for a shopper in every 24 bits. When it is full, a fifth of them is set, and by reckoning one
	// stranger in 4 000 is taken for a buyer.
	bitsPerShopper = 24
	bloomHashes    = 5
	// The first layer has 8 KB at the least and 4 MB, for 1.4 million shoppers, at the most. Each further one has eight
	// times as much, or what those who are expected need; the one of 32 MB, for 11 million, is the last.
	leastBits = 1 << 16
	firstBits = 1 << 25
	lastBits  = 1 << 28
	growth    = 8
)

// bloom is a Bloom filter that grows with what it holds (a scalable one: Almeida et al., 2007): whoever was added is
// in it, and of all others nearly nobody. It has five layers and 51 MB at the most. Beyond 11 million shoppers it takes
// more and more strangers for buyers.
type bloom struct {
	seed   maphash.Seed
	layers [][]uint64 // their lengths are powers of two; who comes goes into the last one
	room   int        // how many more that is for
}

// newBloom expects so many shoppers.
func newBloom(shoppers int) bloom {
	b := bloom{seed: maphash.MakeSeed()}
	b.addLayer(leastBits, firstBits, shoppers)
	return b
}

func (b *bloom) addLayer(least, most, shoppers int) {
	bits := least
	for bits < most && bits/bitsPerShopper < shoppers {
		bits *= 2
	}
	b.layers = append(b.layers, make([]uint64, bits/64))
	b.room = bits / bitsPerShopper
}

func (b *bloom) hash(shopperID string) uint64 { return maphash.String(b.seed, shopperID) }

// add takes up a shopper; so many more are expected.
func (b *bloom) add(h uint64, more int) {
	if b.has(h) {
		return
	}
	if bits := b.last(); b.room == 0 && bits < lastBits {
		b.addLayer(min(bits*growth, lastBits), lastBits, more)
	}
	b.room = max(0, b.room-1)
	layer := b.layers[len(b.layers)-1]
	for range bloomHashes {
		*word(layer, h) |= 1 << (h % 64)
		h = rehash(h)
	}
}

// last is how many bits the last layer has.
func (b *bloom) last() int { return 64 * len(b.layers[len(b.layers)-1]) }

// has says whether a shopper with this hash may have been added.
func (b *bloom) has(h uint64) bool {
	for _, layer := range b.layers {
		if layerHas(layer, h) {
			return true
		}
	}
	return false
}

func layerHas(layer []uint64, h uint64) bool {
	for range bloomHashes {
		if *word(layer, h)&(1<<(h%64)) == 0 {
			return false
		}
		h = rehash(h)
	}
	return true
}

func word(layer []uint64, h uint64) *uint64 { return &layer[h/64%uint64(len(layer))] }

// rehash makes the next of a hash's independent-looking successors (the finisher of SplitMix64).
func rehash(h uint64) uint64 {
	h += 0x9e3779b97f4a7c15
	h = (h ^ h>>30) * 0xbf58476d1ce4e5b9
	h = (h ^ h>>27) * 0x94d049bb133111eb
	return h ^ h>>31
}
