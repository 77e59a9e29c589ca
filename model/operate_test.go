package model_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"stampede/model"
)

func plan() model.Plan {
	return model.Plan{
		Product: model.Product{SKU: "LAMP-1", Name: "Lamp", Price: &model.Money{Amount: "49.90", CurrencyCode: "EUR"}},
		Stock:   100, StartsAt: opening, EndsAt: opening.Add(time.Hour),
	}
}

func TestSchedule(t *testing.T) {
	t.Parallel()
	sale, err := model.Schedule(plan(), opening.Add(-time.Hour))
	require.NoError(t, err)
	assert.Equal(t, model.Sale{
		Product: plan().Product, Stock: 100, Version: 1, StartsAt: opening, EndsAt: opening.Add(time.Hour),
	}, sale)
}

func TestScheduleNamesEveryFieldThatIsWrong(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 2001)
	cases := map[string]struct {
		change func(*model.Plan)
		want   string
	}{
		"no stock":                   {func(p *model.Plan) { p.Stock = 0 }, "stock"},
		"negative stock":             {func(p *model.Plan) { p.Stock = -1 }, "stock"},
		"stock of 2^31":              {func(p *model.Plan) { p.Stock = 1 << 31 }, "stock"},
		"one unit too many":          {func(p *model.Plan) { p.Stock = model.MaxStock + 1 }, "stock"},
		"empty sku":                  {func(p *model.Plan) { p.Product.SKU = "" }, "product.sku"},
		"sku of 65 characters":       {func(p *model.Plan) { p.Product.SKU = long[:65] }, "product.sku"},
		"control character in a sku": {func(p *model.Plan) { p.Product.SKU = "a\x07b" }, "product.sku"},
		"NUL in a name":              {func(p *model.Plan) { p.Product.Name = "a\x00b" }, "product.name"},
		"lone surrogate in a name":   {func(p *model.Plan) { p.Product.Name = "a\uFFFDb" }, "product.name"},
		"broken UTF-8 in a name":     {func(p *model.Plan) { p.Product.Name = "a\xffb" }, "product.name"},
		"blank name":                 {func(p *model.Plan) { p.Product.Name = "  " }, "product.name"},
		"long description":           {func(p *model.Plan) { p.Product.Description = long }, "product.description"},
		"script as an image":         {func(p *model.Plan) { p.Product.ImageURL = "javascript:alert(1)" }, "product.imageUrl"},
		"plain http image":           {func(p *model.Plan) { p.Product.ImageURL = "http://x/y.png" }, "product.imageUrl"},
		"image of another host":      {func(p *model.Plan) { p.Product.ImageURL = "//x/y.png" }, "product.imageUrl"},
		"a price in words":           {func(p *model.Plan) { p.Product.Price.Amount = "ten" }, "product.price.amount"},
		"a negative price":           {func(p *model.Plan) { p.Product.Price.Amount = "-1" }, "product.price.amount"},
		"a currency in small letters": {
			func(p *model.Plan) { p.Product.Price.CurrencyCode = "eur" }, "product.price.currencyCode",
		},
		"start before 2000":    {func(p *model.Plan) { p.StartsAt = time.Time{} }, "startsAt"},
		"end before the start": {func(p *model.Plan) { p.EndsAt = opening.Add(-time.Second) }, "endsAt"},
		"end at the start":     {func(p *model.Plan) { p.EndsAt = opening.Add(time.Microsecond) }, "endsAt"},
		"end in the past": {
			func(p *model.Plan) { p.StartsAt, p.EndsAt = opening.Add(-3*time.Hour), opening.Add(-2*time.Hour) }, "endsAt",
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := plan()
			c.change(&p)
			_, err := model.Schedule(p, opening.Add(-time.Hour))
			var problems model.Problems
			require.ErrorAs(t, err, &problems)
			require.Len(t, problems, 1)
			assert.Equal(t, c.want, strings.Join(problems[0].Field, "."))
			assert.Equal(t, model.CodeInvalid, problems[0].Code)
		})
	}

	_, err := model.Schedule(model.Plan{}, opening)
	var problems model.Problems
	require.ErrorAs(t, err, &problems)
	assert.Len(t, problems, 4, "sku, name, stock and start are all named at once")
}

func TestScheduleTakesWhatIsUsual(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*model.Plan){
		"no end":            func(p *model.Plan) { p.EndsAt = time.Time{} },
		"no price":          func(p *model.Plan) { p.Product.Price = nil },
		"a start just past": func(p *model.Plan) { p.StartsAt = opening.Add(-2 * time.Hour) },
		"a path as image":   func(p *model.Plan) { p.Product.ImageURL = "/demo/lamp.svg" },
		"an https image":    func(p *model.Plan) { p.Product.ImageURL = "https://shop.example/lamp.png" },
		"paragraphs":        func(p *model.Plan) { p.Product.Description = "One.\nTwo.\r\nThree." },
		"another script":    func(p *model.Plan) { p.Product.Name = "オーロラランプ" },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := plan()
			change(&p)
			_, err := model.Schedule(p, opening.Add(-time.Hour))
			assert.NoError(t, err)
		})
	}
}

func TestOperatorsChanges(t *testing.T) {
	t.Parallel()
	during, after := opening.Add(time.Minute), opening.Add(2*time.Hour)
	restock := func(n int) model.Change {
		return func(s model.Sale, now time.Time) (model.Sale, error) { return s.Restock(n, now) }
	}
	move := func(start, end time.Time) model.Change {
		return func(s model.Sale, now time.Time) (model.Sale, error) { return s.Reschedule(start, end, now) }
	}
	cases := map[string]struct {
		change model.Change
		now    time.Time
		code   model.Code // empty: it is done
		want   func(model.Sale) bool
	}{
		"pause":                    {model.Sale.Pause, during, "", func(s model.Sale) bool { return s.PausedAt.Equal(during) }},
		"pause when over":          {model.Sale.Pause, after, model.CodeConflict, nil},
		"resume what is not held":  {model.Sale.Resume, during, "", func(s model.Sale) bool { return s.Version == 1 }},
		"end":                      {model.Sale.End, during, "", func(s model.Sale) bool { return s.EndedAt.Equal(during) }},
		"end when over is no news": {model.Sale.End, after, "", func(s model.Sale) bool { return s.Version == 1 }},
		"restock":                  {restock(5), during, "", func(s model.Sale) bool { return s.Stock == 105 }},
		"restock nothing":          {restock(0), during, model.CodeInvalid, nil},
		"restock below nothing":    {restock(-1), during, model.CodeInvalid, nil},
		"restock too much":         {restock(model.MaxStock), during, model.CodeInvalid, nil},
		"restock when over":        {restock(1), after, model.CodeConflict, nil},
		"move the end": {
			move(opening, opening.Add(90*time.Minute)), during, "",
			func(s model.Sale) bool { return s.EndsAt.Equal(opening.Add(90 * time.Minute)) },
		},
		"take the end away": {move(opening, time.Time{}), during, "", func(s model.Sale) bool { return s.EndsAt.IsZero() }},
		"move the start once open": {
			move(opening.Add(time.Hour), opening.Add(2*time.Hour)), during, model.CodeConflict, nil,
		},
		"move the start before it opens": {
			move(opening.Add(time.Hour), opening.Add(2*time.Hour)), opening.Add(-1), "",
			func(s model.Sale) bool { return s.StartsAt.Equal(opening.Add(time.Hour)) },
		},
		"move when over": {move(opening, after.Add(time.Hour)), after, model.CodeConflict, nil},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			before, err := model.Schedule(plan(), opening.Add(-time.Hour))
			require.NoError(t, err)
			got, err := c.change(before, c.now)
			if c.code == "" {
				require.NoError(t, err)
				assert.True(t, c.want(got), "%+v", got)
				assert.Equal(t, got != before, got.Version == before.Version+1, "a change, and only a change, is a version")
				return
			}
			var problems model.Problems
			require.ErrorAs(t, err, &problems)
			assert.Equal(t, c.code, problems[0].Code)
			assert.Equal(t, before, got)
		})
	}
}

// TestAStartThatTheAPICannotSayIsKept: SQL's now() has microseconds, and whoever moves the end sends the start as it was
// read.
func TestAStartThatTheAPICannotSayIsKept(t *testing.T) {
	t.Parallel()
	sale, now := open(3)
	sale.StartsAt = sale.StartsAt.Add(123 * time.Microsecond)
	moved, err := sale.Reschedule(sale.StartsAt.Truncate(time.Millisecond), now.Add(time.Hour), now)
	require.NoError(t, err)
	assert.Equal(t, sale.StartsAt, moved.StartsAt)
	assert.Equal(t, now.Add(time.Hour), moved.EndsAt)
}

func TestPauseAndResumeComeBackToTheSamePhase(t *testing.T) {
	t.Parallel()
	sale, now := open(3)
	paused, err := sale.Pause(now)
	require.NoError(t, err)
	assert.Equal(t, model.PhasePaused, paused.PhaseAt(now))
	again, err := paused.Pause(now.Add(time.Second))
	require.NoError(t, err)
	assert.Equal(t, paused, again, "pausing twice is pausing once")
	resumed, err := again.Resume(now.Add(2 * time.Second))
	require.NoError(t, err)
	assert.Equal(t, model.PhaseActive, resumed.PhaseAt(now))
	assert.Equal(t, sale.Version+2, resumed.Version)
}
