package main

import (
	"errors"
	"net"
	"net/http"
	"net/http/pprof"
)

// listenProfiles serves the runtime's profiles (go tool pprof) on PPROF_ADDR, an address of this machine only. They
// show code and not customers, but nobody else has any business with them.
func (a *App) listenProfiles(cfg Config) (err error) {
	mux := http.NewServeMux()
	mux.HandleFunc("/debug/pprof/", pprof.Index)
	mux.HandleFunc("/debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("/debug/pprof/trace", pprof.Trace)
	a.profiles, err = a.serveInner(inner{
		setting: "PPROF_ADDR", addr: cfg.PprofAddr, path: "/debug/pprof/", handler: mux,
	})
	return err
}

// checkPprofAddr wants an address that only this machine reaches.
func checkPprofAddr(addr string) error {
	if addr == "" {
		return nil
	}
	host, port, err := net.SplitHostPort(addr)
	if ip := net.ParseIP(host); err != nil || port == "" || ip == nil || !ip.IsLoopback() {
		return errors.New("PPROF_ADDR must be a loopback address with a port, for example 127.0.0.1:6060")
	}
	return nil
}
