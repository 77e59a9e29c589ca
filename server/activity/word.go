package activity

import (
	"encoding/json"
	"time"

	"stampede/model"
)

// maxWord is as long as one may be: a notification's payload is shorter than 8000 bytes.
const maxWord = 7900

// word is what a server tells of one sale, or with sale 0 that it is there. Its names are short: it travels as text.
type word struct {
	Replica string       `json:"r"`
	Name    string       `json:"n,omitempty"`
	Round   int64        `json:"k,omitempty"` // all words of one second carry the same
	Left    bool         `json:"bye,omitempty"`
	SaleID  model.SaleID `json:"s,omitempty"`

	Span     int64         `json:"ms,omitempty"`
	Answers  []int64       `json:"a,omitempty"`
	Retries  []int64       `json:"x,omitempty"`
	Retried  []int64       `json:"X,omitempty"`
	Batches  int64         `json:"b,omitempty"`
	Batched  int64         `json:"o,omitempty"`
	Queued   int64         `json:"q,omitempty"`
	InFlight int64         `json:"f,omitempty"`
	Watching int           `json:"w,omitempty"`
	Commits  map[int]int64 `json:"c,omitempty"` // counts by bucket
	Took     map[int]int64 `json:"t,omitempty"`
}

func (m *Monitor) word(id model.SaleID, w model.Work) word {
	said := word{Replica: m.self, Name: m.name, Round: m.round, SaleID: id}
	if id == 0 {
		return said
	}
	said.Span = w.Span.Milliseconds()
	said.Answers, said.Retries, said.Retried = w.Answers[:], w.Retries[:], w.Retried[:]
	said.Batches, said.Batched, said.Queued, said.InFlight = w.Batches, w.Batched, w.Queued, w.InFlight
	said.Watching = w.Watching
	said.Commits, said.Took = sparse(w.Commits), sparse(w.Took)
	return said
}

func sparse(d model.Durations) map[int]int64 {
	counted := map[int]int64{}
	for bucket, n := range d {
		if n != 0 {
			counted[bucket] = n
		}
	}
	return counted
}

func (w word) encode() string {
	text, err := json.Marshal(w)
	if err != nil || len(text) > maxWord { // never: there are two hundred buckets, and most are empty
		text, _ = json.Marshal(word{Replica: w.Replica, Name: w.Name, Round: w.Round})
	}
	return string(text)
}

func decode(text string) (w word, ok bool) {
	err := json.Unmarshal([]byte(text), &w)
	return w, err == nil && w.Replica != "" && len(w.Replica) <= model.MaxName && len(w.Name) <= 4*model.MaxName
}

func (w word) work() model.Work {
	work := model.Work{Span: time.Duration(w.Span) * time.Millisecond, Watching: w.Watching}
	copy(work.Answers[:], w.Answers)
	copy(work.Retries[:], w.Retries)
	copy(work.Retried[:], w.Retried)
	work.Batches, work.Batched, work.Queued, work.InFlight = w.Batches, w.Batched, w.Queued, w.InFlight
	dense(w.Commits, &work.Commits)
	dense(w.Took, &work.Took)
	return work
}

func dense(counted map[int]int64, into *model.Durations) {
	for bucket, n := range counted {
		if bucket >= 0 && bucket < len(into) {
			into[bucket] = n
		}
	}
}
