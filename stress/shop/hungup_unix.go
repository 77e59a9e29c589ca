//go:build unix

package shop

import (
	"crypto/tls"
	"net"
	"syscall"
)

// hungUp says that the other side has ended a connection on which nothing is awaited, or said something that nobody has
// asked for. Browsers do not use such a one again, either.
func hungUp(conn net.Conn) bool {
	secure, isSecure := conn.(*tls.Conn)
	if isSecure {
		conn = secure.NetConn()
	}
	raw, ok := conn.(syscall.Conn)
	if !ok {
		return false
	}
	control, err := raw.SyscallConn()
	if err != nil {
		return true
	}
	var over bool
	err = control.Control(func(fd uintptr) { // not its Read, which fails after the deadline of the last exchange
		var one [1]byte
		n, _, err := syscall.Recvfrom(int(fd), one[:], syscall.MSG_PEEK|syscall.MSG_DONTWAIT)
		nothing := err == syscall.EAGAIN || err == syscall.EINTR
		over = !nothing && (n <= 0 || !isSecure) // TLS has things of its own to say
	})
	return over || err != nil
}
