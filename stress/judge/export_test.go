package judge

// Names are the promises that were broken.
func (v *Verdict) Names() []string {
	var names []string
	for i := range v.Promises {
		if !v.Promises[i].Kept() {
			names = append(names, v.Promises[i].Name)
		}
	}
	return names
}
