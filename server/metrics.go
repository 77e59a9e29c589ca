package main

import (
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"stampede/server/web"
)

// listenMetrics serves Prometheus on METRICS_ADDR: away from the shoppers, whose business it is not how much is sold.
func (a *App) listenMetrics(cfg Config) (err error) {
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
	a.metrics, err = a.serveInner(inner{
		setting: "METRICS_ADDR", addr: cfg.MetricsAddr, path: "/metrics", handler: mux,
		write: 30 * time.Second,
	})
	return err
}
