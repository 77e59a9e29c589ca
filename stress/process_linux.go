package main

import "syscall"

// apart puts a process at the head of a group of its own, and has it killed when the thread that started it ends, as it
// does when this program is killed: what stands still hears of no other signal.
func apart() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}
