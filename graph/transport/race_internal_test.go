//go:build race

package transport

// slowed is how many times as long a document may take under the race detector, which no server runs with: the dearest
// one known takes 24 to 48 ms with it, on a machine that others use, and 5 to 7 without.
const slowed = 8
