package sale //nolint:testpackage // the filter is nobody else's

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
)

// mistaken is how many of so many strangers a filter takes for buyers.
func (b *bloom) mistaken(strangers int) (n int) {
	for i := range strangers {
		if b.has(b.hash(fmt.Sprint("stranger-", i))) {
			n++
		}
	}
	return n
}

func (b *bloom) addBuyers(from, to, more int) {
	for i := from; i < to; i++ {
		b.add(b.hash(fmt.Sprint("buyer-", i)), more)
	}
}

func (b *bloom) bytes() (all int) {
	for _, layer := range b.layers {
		all += 8 * len(layer)
	}
	return all
}

// TestAFilterGrowsWithWhatItHolds: a sale may sell far more than was expected of it, unit by unit.
func TestAFilterGrowsWithWhatItHolds(t *testing.T) {
	t.Parallel()
	b := newBloom(10)
	const steps, step = 8, 20_000
	for n := range steps {
		b.addBuyers(n*step, (n+1)*step, 0)
		for i := range (n + 1) * step {
			if !b.has(b.hash(fmt.Sprint("buyer-", i))) {
				t.Fatalf("buyer %d of %d is taken for a stranger", i, (n+1)*step)
			}
		}
		assert.Less(t, b.mistaken(step), step/500, "after %d buyers", (n+1)*step)
	}
	assert.Equal(t, 8<<10+64<<10+512<<10, b.bytes(), "three layers")
}

// TestAFilterIsAsLargeAsExpected: a layer for all who are expected costs one look, and several layers cost several.
func TestAFilterIsAsLargeAsExpected(t *testing.T) {
	t.Parallel()
	for expected, want := range map[int]int{
		1: 8 << 10, 2_000: 8 << 10, 3_000: 16 << 10, 1_000_000: 4 << 20, 10_000_000: 4 << 20,
	} {
		b := newBloom(expected)
		assert.Equal(t, want, b.bytes(), "for %d", expected)
	}
	b := newBloom(10)
	b.addBuyers(0, leastBits/bitsPerShopper, 0)
	assert.Equal(t, 8<<10, b.bytes(), "it is full")
	b.room = 0 // also when one of them was taken for another
	b.addBuyers(0, leastBits/bitsPerShopper, 0)
	assert.Equal(t, 8<<10, b.bytes(), "who is in it takes no more room")
	b.add(b.newcomer(), 3_000_000)
	assert.Equal(t, 8<<10+16<<20, b.bytes(), "those who are expected find room at once")
}

// newcomer is the hash of somebody whom the filter does not take for a buyer.
func (b *bloom) newcomer() uint64 {
	for i := 0; ; i++ {
		if h := b.hash(fmt.Sprint("newcomer-", i)); !b.has(h) {
			return h
		}
	}
}

// TestAFilterIsBounded: when the last layer is full, strangers are taken for buyers, and never the other way round.
func TestAFilterIsBounded(t *testing.T) {
	t.Parallel()
	b := newBloom(1 << 30)
	for range 10 {
		b.room = 0 // as if a layer's worth of shoppers had come
		b.addBuyers(0, 1, 1<<30)
		b.addBuyers(1, 1000, 1<<30)
	}
	assert.Equal(t, 4<<20+32<<20, b.bytes())
	small := newBloom(1)
	for n := range 10 {
		small.room = 0
		small.addBuyers(n, n+1, 1)
	}
	assert.Equal(t, 8<<10+64<<10+512<<10+4<<20+32<<20, small.bytes())
	for n := range 10 {
		assert.True(t, small.has(small.hash(fmt.Sprint("buyer-", n))))
	}
}

// TestAFilterHasABound, whatever its sale began with: it may be restocked to any size, at the worst in small steps.
func TestAFilterHasABound(t *testing.T) {
	t.Parallel()
	most := 0
	for bits := leastBits; bits <= firstBits; bits *= 2 {
		b := newBloom(bits / bitsPerShopper)
		assert.Equal(t, bits/8, b.bytes(), "the first layer")
		for range 10 {
			b.room = 0
			b.add(b.newcomer(), 0)
		}
		assert.LessOrEqual(t, len(b.layers), 5, "from %d bits on", bits)
		most = max(most, b.bytes())
	}
	assert.Equal(t, 32<<10+256<<10+2<<20+16<<20+32<<20, most, "51 MB, as it says")
}
