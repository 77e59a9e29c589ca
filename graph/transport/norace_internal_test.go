//go:build !race

package transport

const slowed = 1
