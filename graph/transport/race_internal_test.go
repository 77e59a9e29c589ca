//go:build race

package transport

// slowed is how many times as much a document may cost under the race detector, which no server runs with: the dearest
// one known costs 24 to 30 ms with it, and 5 to 7 without, on the slowest machine so far.
const slowed = 2
