package model

import (
	"math/bits"
	"time"
)

// Answer is how a purchase was answered: the verdicts of Decide, and the errors beside them.
type Answer int

// The answers, in the order in which a Tally counts them.
const (
	AnswerSold Answer = iota
	AnswerReplayed
	AnswerSoldOut
	AnswerAlreadyPurchased
	AnswerNotActive
	AnswerBusy
	AnswerOutcomeUnknown
	AnswerFailed // INTERNAL, and whatever has no name of its own
	Answers      // how many there are
)

// String is the answer's name, as the API says it.
func (a Answer) String() string {
	return [Answers]string{
		string(VerdictSold), string(VerdictReplayed), string(VerdictSoldOut), string(VerdictAlreadyPurchased),
		string(VerdictNotActive), string(CodeBusy), string(CodeOutcomeUnknown), "INTERNAL",
	}[a]
}

// AnswerOf is the answer that an outcome, or else an error, makes.
func AnswerOf(outcome *Outcome, err error) Answer {
	if err != nil {
		switch CodeOf(err) {
		case CodeBusy:
			return AnswerBusy
		case CodeOutcomeUnknown:
			return AnswerOutcomeUnknown
		default:
			return AnswerFailed
		}
	}
	switch outcome.Verdict {
	case VerdictSold:
		return AnswerSold
	case VerdictReplayed:
		return AnswerReplayed
	case VerdictSoldOut:
		return AnswerSoldOut
	case VerdictAlreadyPurchased:
		return AnswerAlreadyPurchased
	default:
		return AnswerNotActive
	}
}

// RetryStates are the SQLSTATEs that a Tally counts retries by; the last one stands for all others.
var RetryStates = [...]string{"40001", "40P01", "23505", "08006", "other"}

// RetryState is the place of a SQLSTATE in RetryStates.
func RetryState(sqlstate string) int {
	for i, known := range RetryStates {
		if known == sqlstate {
			return i
		}
	}
	return len(RetryStates) - 1
}

// Tally counts what became of one sale's orders. Counts only grow, but for the last two, which are as they are now.
type Tally struct {
	Answers [Answers]int64
	Retries [len(RetryStates)]int64
	Batches int64 // commits that were tried
	Batched int64 // orders in them
	Commits Durations
	Took    Durations // how long the answers took, from the resolver's call on

	Queued, InFlight int64
}

// Minus is what has been counted since an earlier tally; what is as it is now, stays.
func (t Tally) Minus(earlier Tally) Tally { return t.combine(earlier, -1) }

// Plus is the tallies of two servers together.
func (t Tally) Plus(other Tally) Tally {
	sum := t.combine(other, 1)
	sum.Queued += other.Queued
	sum.InFlight += other.InFlight
	return sum
}

func (t Tally) combine(other Tally, sign int64) Tally {
	for i, n := range other.Answers {
		t.Answers[i] += sign * n
	}
	for i, n := range other.Retries {
		t.Retries[i] += sign * n
	}
	t.Batches += sign * other.Batches
	t.Batched += sign * other.Batched
	for i, n := range other.Commits {
		t.Commits[i] += sign * n
	}
	for i, n := range other.Took {
		t.Took[i] += sign * n
	}
	return t
}

// Durations counts durations in buckets: eight to each doubling, from a microsecond to a little more than a minute. So
// what is read from it is at most an eighth too long.
type Durations [durationBuckets]int64

const (
	durationBuckets = 8 * 24
	longestDuration = 1<<26 - 1 // µs
)

// DurationBucket is where a duration is counted.
func DurationBucket(d time.Duration) int {
	µs := uint64(min(max(d.Microseconds(), 0), longestDuration))
	if µs < 8 {
		return int(µs)
	}
	octave := bits.Len64(µs) - 4 // 8…15 µs are octave 0
	return 8*(octave+1) + int(µs>>octave&7)
}

// BucketEnd is the longest duration that is counted in a bucket.
func BucketEnd(bucket int) time.Duration {
	if bucket < 8 {
		return time.Duration(bucket+1) * time.Microsecond
	}
	octave := bucket/8 - 1
	return time.Duration(bucket%8+9) << octave * time.Microsecond
}

// Count is how many durations have been counted.
func (d *Durations) Count() int64 {
	total := int64(0)
	for _, n := range d {
		total += n
	}
	return total
}

// Quantile is the duration that a part of them, 0.5 or 0.99, did not exceed; false when there are none.
func (d *Durations) Quantile(part float64) (time.Duration, bool) {
	total := d.Count()
	if total == 0 {
		return 0, false
	}
	rank := max(1, int64(part*float64(total)+0.999999))
	for bucket, n := range d {
		if rank -= n; rank <= 0 {
			return BucketEnd(bucket), true
		}
	}
	return BucketEnd(durationBuckets - 1), true
}

// Work is what one server did with a sale's orders in a span of time.
type Work struct {
	Tally
	Span     time.Duration           // in which Tally was counted
	Retried  [len(RetryStates)]int64 // since the server started
	Watching int                     // subscribers
}

// Plus is the work of two servers in the same span of time.
func (w Work) Plus(other Work) Work {
	w.Tally = w.Tally.Plus(other.Tally)
	w.Span = max(w.Span, other.Span)
	for i, n := range other.Retried {
		w.Retried[i] += n
	}
	w.Watching += other.Watching
	return w
}

// PerSecond is how often an answer was given in a second.
func (w Work) PerSecond(answer Answer) float64 {
	if w.Span <= 0 {
		return 0
	}
	return float64(w.Answers[answer]) / w.Span.Seconds()
}

// ReplicaWork is the work of one of the servers that share a database.
type ReplicaWork struct {
	Work
	ID      string
	Name    string // of the machine, and of the process on it
	Self    bool   // it is the one that says so
	Silent  bool   // nothing has been heard of it for some seconds: Work is zero
	HeardAt time.Time
}

// Activity is what goes on in a sale, on every server of the database.
type Activity struct {
	SaleID   SaleID
	At       time.Time
	Replicas []ReplicaWork // by name
}

// Total is the work of all servers.
func (a Activity) Total() Work {
	var total Work
	for _, r := range a.Replicas {
		total = total.Plus(r.Work)
	}
	return total
}
