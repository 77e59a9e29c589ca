//go:build race

package transport

// slowed is about how many times longer everything takes under the race detector.
const slowed = 5
