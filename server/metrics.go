package main

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"stampede/server/web"
)

// listenMetrics serves Prometheus on METRICS_ADDR: away from the shoppers, whose business it is not how much is sold.
func (a *App) listenMetrics(cfg Config) error {
	if cfg.MetricsAddr == "" {
		return nil
	}
	listener, err := net.Listen("tcp", cfg.MetricsAddr)
	if err != nil {
		return fmt.Errorf("listen on METRICS_ADDR: %w", err)
	}
	registry := prometheus.NewRegistry()
	registry.MustRegister(
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "stampede_build_info", Help: "Always 1: the version is in the label.",
			ConstLabels: prometheus.Labels{"version": version()},
		}, func() float64 { return 1 }),
	)
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", web.NewMetrics(registry, counts{a}, a.auth, a.guard, a.listener))
	a.metrics = &http.Server{
		Addr: listener.Addr().String(), Handler: mux, ReadHeaderTimeout: 5 * time.Second, WriteTimeout: 30 * time.Second,
		IdleTimeout: 2 * time.Minute, ErrorLog: slog.NewLogLogger(a.log.Handler(), slog.LevelWarn),
	}
	a.running.Go(func() {
		if err := a.metrics.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			a.log.Warn("metrics are no longer served", "err", err)
		}
	})
	a.log.Info("serving metrics", "url", "http://"+listener.Addr().String()+"/metrics")
	return nil
}

func (a *App) closeMetrics() error {
	if a.metrics == nil {
		return nil
	}
	return a.metrics.Close()
}
