package main

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/pprof"
	"time"
)

// listenProfiles serves the runtime's profiles (go tool pprof) on PPROF_ADDR, an address of this machine only. They
// show code and not customers, but nobody else has any business with them.
func (a *App) listenProfiles(cfg Config) error {
	if cfg.PprofAddr == "" {
		return nil
	}
	listener, err := net.Listen("tcp", cfg.PprofAddr)
	if err != nil {
		return fmt.Errorf("listen on PPROF_ADDR: %w", err)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("/debug/pprof/", pprof.Index)
	mux.HandleFunc("/debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("/debug/pprof/trace", pprof.Trace)
	a.profiles = &http.Server{
		Addr: listener.Addr().String(), Handler: mux, ReadHeaderTimeout: 5 * time.Second,
		IdleTimeout: 2 * time.Minute, ErrorLog: slog.NewLogLogger(a.log.Handler(), slog.LevelWarn),
	}
	a.running.Go(func() {
		if err := a.profiles.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			a.log.Warn("profiles are no longer served", "err", err)
		}
	})
	a.log.Info("serving profiles", "url", "http://"+listener.Addr().String()+"/debug/pprof/")
	return nil
}

// closeProfiles ends them at once: a profile that is being taken is of no use any more.
func (a *App) closeProfiles() error {
	if a.profiles == nil {
		return nil
	}
	return a.profiles.Close()
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
