//go:build !linux

package main

import "syscall"

// apart puts a process at the head of a group of its own. Only Linux can tie its life to this program's.
func apart() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }
