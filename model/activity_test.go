package model_test

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"pgregory.net/rapid"

	"stampede/model"
)

func TestDurationsAreAtMostAnEighthOff(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		took := time.Duration(rapid.Int64Range(1, int64(time.Minute)).Draw(t, "ns"))
		end := model.BucketEnd(model.DurationBucket(took))
		assert.Greater(t, end, took)
		assert.LessOrEqual(t, end, took*9/8+time.Microsecond)
	})
	assert.Equal(t, len(model.Durations{})-1, model.DurationBucket(time.Hour), "the last bucket takes all that is longer")
	assert.Zero(t, model.DurationBucket(-time.Second))
}

func TestQuantile(t *testing.T) {
	t.Parallel()
	var d model.Durations
	_, found := d.Quantile(0.99)
	assert.False(t, found)
	for ms := 1; ms <= 100; ms++ {
		d[model.DurationBucket(time.Duration(ms)*time.Millisecond)]++
	}
	half, _ := d.Quantile(0.5)
	assert.InDelta(t, 50, half.Seconds()*1000, 50/8.0)
	slow, _ := d.Quantile(0.99)
	assert.InDelta(t, 99, slow.Seconds()*1000, 99/8.0)
	one := model.Durations{}
	one[model.DurationBucket(time.Second)]++
	only, found := one.Quantile(0.5)
	assert.True(t, found)
	assert.InDelta(t, 1, only.Seconds(), 1/8.0)
}

func TestEveryAnswerHasItsCount(t *testing.T) {
	t.Parallel()
	for want, c := range map[model.Answer]struct {
		verdict model.Verdict
		err     error
	}{
		model.AnswerSold:             {verdict: model.VerdictSold},
		model.AnswerReplayed:         {verdict: model.VerdictReplayed},
		model.AnswerSoldOut:          {verdict: model.VerdictSoldOut},
		model.AnswerAlreadyPurchased: {verdict: model.VerdictAlreadyPurchased},
		model.AnswerNotActive:        {verdict: model.VerdictNotActive},
		model.AnswerBusy:             {err: &model.Error{Code: model.CodeBusy}},
		model.AnswerOutcomeUnknown:   {err: &model.Error{Code: model.CodeOutcomeUnknown}},
		model.AnswerFailed:           {err: errors.New("a surprise")},
	} {
		assert.Equal(t, want, model.AnswerOf(&model.Outcome{Verdict: c.verdict}, c.err), want.String())
	}
}
