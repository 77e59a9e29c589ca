package pg

import (
	"os"
	"path/filepath"
	"strconv"
	"syscall"
)

// ownedBy makes the kernel send sig to the process when the thread that started it ends.
func ownedBy(sig syscall.Signal) *syscall.SysProcAttr { return &syscall.SysProcAttr{Pdeathsig: sig} }

// isPostgresOn reports whether pid is a postgres that lives in the data folder dir: a postmaster's working
// directory is its data folder. A zombie is not one.
func isPostgresOn(pid int, dir string) bool {
	proc := filepath.Join("/proc", strconv.Itoa(pid))
	exe, exeErr := os.Readlink(filepath.Join(proc, "exe"))
	cwd, cwdErr := os.Stat(filepath.Join(proc, "cwd"))
	data, dataErr := os.Stat(dir)
	if exeErr != nil || cwdErr != nil || dataErr != nil {
		return false
	}
	name := filepath.Base(exe)
	return (name == "postgres" || name == "postgres (deleted)") && os.SameFile(cwd, data)
}
