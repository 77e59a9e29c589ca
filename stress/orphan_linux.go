package main

import "syscall"

// apart keeps Ctrl-C from the server, which is still needed for the end of the run, and ends it when this program is
// killed.
func apart() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGTERM}
}
