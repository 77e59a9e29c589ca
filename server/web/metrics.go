package web

import (
	"net/http"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"stampede/model"
)

// Counts is what the metrics are made of.
type Counts interface {
	// Tallies are the counts of every sale that has had orders since the start.
	Tallies() map[model.SaleID]model.Tally
	// Watching is how many subscribers each sale has here.
	Watching() map[model.SaleID]int
	// Unseen is how many purchases of a sale memory does not know yet.
	Unseen() map[model.SaleID]int
	// Listening says whether the other servers' notifications are heard just now.
	Listening() bool
	// HeardAt is when the sales that are shown were last known to be in step with the database.
	HeardAt() time.Time
}

// NewMetrics puts this server's counts, and those of its edge, into a registry, and serves that.
func NewMetrics(
	registry *prometheus.Registry, counts Counts, auth *Auth, guard *Guard, connections *Connections,
) http.Handler {
	registry.MustRegister(
		collector{counts},
		refusals("invalid_token", &auth.refused),
		refusals("over_address_rate", &guard.overAddress),
		refusals("over_shopper_rate", &guard.overShopper),
		refusals("connections", &connections.refused),
		gauge("stampede_connections", "Connections to ADDR that are held, of MAX_CONNECTIONS at the most.",
			func() float64 { return float64(connections.Held()) }),
		gauge("stampede_listener_up", "1 while the connection that hears the other servers' notifications is up, else 0.",
			func() float64 {
				if counts.Listening() {
					return 1
				}
				return 0
			}),
		gauge("stampede_sales_heard_timestamp_seconds",
			"When the sales that this server shows were last in step with the database, since 1970 by this server's clock.",
			func() float64 { return float64(counts.HeardAt().UnixMicro()) / 1e6 }),
	)
	return promhttp.HandlerFor(registry, promhttp.HandlerOpts{Registry: registry})
}

func gauge(name, help string, read func() float64) prometheus.Collector {
	return prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: name, Help: help}, read)
}

// refusals is how often the edge has turned somebody away for one reason.
func refusals(reason string, n *atomic.Int64) prometheus.Collector {
	return prometheus.NewCounterFunc(prometheus.CounterOpts{
		Name:        "stampede_edge_refusals_total",
		Help:        "Invalid tokens, what was over RATE_PER_ADDRESS or RATE_PER_SHOPPER, and connections one too many.",
		ConstLabels: prometheus.Labels{"reason": reason},
	}, func() float64 { return float64(n.Load()) })
}

// collector reads the counts whenever somebody asks: counting itself stays as cheap as it is.
type collector struct{ counts Counts }

var (
	descAnswers = describe("stampede_purchase_answers_total",
		"Answers to purchases, by what they were: SOLD, SOLD_OUT, BUSY and so on.", "sale", "answer")
	descTook = describe("stampede_purchase_answer_seconds",
		"How long answers to purchases took, network not included.", "sale")
	descCommit = describe("stampede_commit_seconds",
		"How long commits of purchases took, each with its wait for a connection, the attempts that were made again, and "+
			"finding out what became of it where the answer of COMMIT was lost; not the wait for a turn.", "sale")
	descBatched = describe("stampede_commit_orders_total",
		"Orders in those transactions.", "sale")
	descRetries = describe("stampede_commit_retries_total",
		"Attempts of those transactions that were made again, by SQLSTATE.", "sale", "sqlstate")
	descQueued = describe("stampede_orders_queued",
		"Orders that wait for the next transaction.", "sale")
	descInFlight = describe("stampede_orders_in_flight",
		"Orders in a transaction that is under way.", "sale")
	descUnseen = describe("stampede_purchases_unseen",
		"Purchases that memory does not know yet: until it does, shoppers are looked for in the database.", "sale")
	descWatching = describe("stampede_subscribers",
		"Subscribers of stockChanged.", "sale")
)

func describe(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc(name, help, labels, nil)
}

// Describe lists what Collect sends.
func (c collector) Describe(descs chan<- *prometheus.Desc) {
	for _, desc := range []*prometheus.Desc{
		descAnswers, descTook, descCommit, descBatched, descRetries, descQueued, descInFlight, descUnseen, descWatching,
	} {
		descs <- desc
	}
}

// Collect sends the counts as they are now.
func (c collector) Collect(metrics chan<- prometheus.Metric) {
	send := func(desc *prometheus.Desc, kind prometheus.ValueType, value int64, labels ...string) {
		metrics <- prometheus.MustNewConstMetric(desc, kind, float64(value), labels...)
	}
	for id, tally := range c.counts.Tallies() {
		sale := label(id)
		for answer, n := range tally.Answers {
			send(descAnswers, prometheus.CounterValue, n, sale, model.Answer(answer).String())
		}
		for i, n := range tally.Retries {
			send(descRetries, prometheus.CounterValue, n, sale, model.RetryStates[i])
		}
		send(descBatched, prometheus.CounterValue, tally.Batched, sale)
		send(descQueued, prometheus.GaugeValue, tally.Queued, sale)
		send(descInFlight, prometheus.GaugeValue, tally.InFlight, sale)
		metrics <- histogram(descTook, &tally.Took, sale)
		metrics <- histogram(descCommit, &tally.Commits, sale)
	}
	for id, n := range c.counts.Unseen() {
		send(descUnseen, prometheus.GaugeValue, int64(n), label(id))
	}
	for id, n := range c.counts.Watching() {
		send(descWatching, prometheus.GaugeValue, int64(n), label(id))
	}
}

func label(id model.SaleID) string { return "sale_" + strconv.FormatInt(int64(id), 10) }

// histogram has a bucket for each doubling; its sum is reckoned from the buckets' ends.
func histogram(desc *prometheus.Desc, d *model.Durations, sale string) prometheus.Metric {
	const perDoubling = 8
	buckets := map[float64]uint64{}
	below, sum := int64(0), 0.0
	for i, n := range d {
		below += n
		end := model.BucketEnd(i).Seconds()
		sum += float64(n) * end
		if i%perDoubling == perDoubling-1 {
			buckets[end] = uint64(below) //nolint:gosec // counts only grow
		}
	}
	return prometheus.MustNewConstHistogram(desc, uint64(below), sum, buckets, sale)
}
