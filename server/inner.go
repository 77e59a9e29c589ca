package main

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"
)

// inner is what those who run the shop are served apart from the shoppers, on an address of its own.
type inner struct {
	setting, addr string // the address, and who says it; an empty one: nowhere
	path          string
	handler       http.Handler
	write         time.Duration // how long an answer may take; 0: as long as it likes
}

// serveInner serves it until the server that it returns is closed; nil where nobody asks for it.
func (a *App) serveInner(in inner) (*http.Server, error) {
	if in.addr == "" {
		return nil, nil
	}
	listener, err := net.Listen("tcp", in.addr)
	if err != nil {
		return nil, fmt.Errorf("listen on %s: %w", in.setting, err)
	}
	server := &http.Server{
		Addr: listener.Addr().String(), Handler: in.handler,
		ReadHeaderTimeout: 5 * time.Second, WriteTimeout: in.write, IdleTimeout: 2 * time.Minute,
		ErrorLog: slog.NewLogLogger(a.log.Handler(), slog.LevelWarn),
	}
	a.running.Go(func() {
		if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			a.log.Warn("an inner address is no longer served", "setting", in.setting, "err", err)
		}
	})
	a.log.Info("serving on an inner address", "setting", in.setting, "url", "http://"+server.Addr+in.path)
	return server, nil
}

// closeInner ends them at once: who is in the middle of an answer asks again.
func (a *App) closeInner() (err error) {
	for _, server := range []*http.Server{a.profiles, a.metrics} {
		if server != nil {
			err = errors.Join(err, server.Close())
		}
	}
	return err
}
