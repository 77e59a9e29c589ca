package graph

import (
	"context"
	"time"

	"stampede/model"
)

// This file dresses what goes on in a sale, for operators.

// dressActivities dresses what a watch sends, until it ends.
func dressActivities(ctx context.Context, all <-chan model.Activity) <-chan *SaleActivity {
	dressed := make(chan *SaleActivity)
	go func() {
		defer close(dressed)
		for activity := range all {
			select {
			case dressed <- dressActivity(activity):
			case <-ctx.Done():
			}
		}
	}()
	return dressed
}

func dressActivity(a model.Activity) *SaleActivity {
	dressed := &SaleActivity{
		SaleID: saleGID(a.SaleID), At: a.At, Total: dressWork(a.Total()), Replicas: []*ReplicaActivity{},
	}
	for _, r := range a.Replicas {
		dressed.Replicas = append(dressed.Replicas, &ReplicaActivity{
			ID: r.ID, Name: r.Name, Self: r.Self, Silent: r.Silent, HeardAt: r.HeardAt, Figures: dressWork(r.Work),
		})
	}
	return dressed
}

func dressWork(w model.Work) *ActivityFigures {
	figures := &ActivityFigures{
		PurchasesPerSecond: w.PerSecond(model.AnswerSold),
		ReplaysPerSecond:   w.PerSecond(model.AnswerReplayed),
		Refusals:           []*RefusalRate{},
		Retries:            []*RetryCount{},
		Subscribers:        w.Watching,
		CommitP50Ms:        quantile(&w.Commits, 0.5),
		CommitP99Ms:        quantile(&w.Commits, 0.99),
		AnswerP99Ms:        quantile(&w.Took, 0.99),
		InFlight:           int(w.InFlight),
		Queued:             int(w.Queued),
	}
	for answer := model.AnswerSoldOut; answer < model.Answers; answer++ {
		if rate := w.PerSecond(answer); rate > 0 {
			figures.Refusals = append(figures.Refusals, &RefusalRate{Code: answer.String(), PerSecond: rate})
		}
	}
	for i, n := range w.Retried {
		if n > 0 {
			figures.Retries = append(figures.Retries, &RetryCount{Sqlstate: model.RetryStates[i], Count: int(n)})
		}
	}
	if w.Batches > 0 {
		size := float64(w.Batched) / float64(w.Batches)
		figures.BatchSize = &size
	}
	return figures
}

func quantile(d *model.Durations, part float64) *float64 {
	took, found := d.Quantile(part)
	if !found {
		return nil
	}
	ms := float64(took) / float64(time.Millisecond)
	return &ms
}
