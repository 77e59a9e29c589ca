//go:build !linux

package main

import "syscall"

// apart keeps Ctrl-C from the server, which is still needed for the end of the run.
func apart() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }
