// Package script holds what local and remote commands have in common: which script runs at which step, what it
// is given and what is kept of its output.
package script

import "github.com/pulumi/pulumi-go-provider/infer"

// Inputs are the inputs that local and remote commands share.
type Inputs struct {
	// Create runs when the resource is created, and on an update without an Update. Without it nothing runs.
	Create *string `pulumi:"create,optional"`
	// Update runs when an input changes.
	Update *string `pulumi:"update,optional"`
	// Delete runs when the resource is deleted, with the inputs that the state remembers.
	Delete *string `pulumi:"delete,optional"`
	// Triggers replace the resource when any of them changes, whether or not there is an Update.
	Triggers *[]any `pulumi:"triggers,optional" provider:"replaceOnChanges"`
	// Stdin is what the script reads. Default: nothing.
	Stdin *string `pulumi:"stdin,optional"`
	// Environment is added to the script's environment.
	Environment map[string]string `pulumi:"environment,optional"`
	// AddPreviousOutputInEnv hands the output of the run before to the script, as PULUMI_COMMAND_STDOUT and
	// PULUMI_COMMAND_STDERR. Default: true.
	AddPreviousOutputInEnv *bool `pulumi:"addPreviousOutputInEnv,optional"`
	// Logging says which streams are shown while the script runs. Default: both.
	Logging *Logging `pulumi:"logging,optional"`
}

// ForUpdate gives the script that an update runs; nil when there is none.
func (in Inputs) ForUpdate() *string {
	if in.Update != nil {
		return in.Update
	}
	return in.Create
}

// Outputs are the streams of the last run, each without its last newline.
type Outputs struct {
	Stdout string `pulumi:"stdout"`
	Stderr string `pulumi:"stderr"`
}

// Variable is one entry of an environment.
type Variable struct{ Name, Value string }

// PreviousOutput gives the variables by which a script learns of the run before.
func PreviousOutput(in Inputs, previous Outputs) []Variable {
	if in.AddPreviousOutputInEnv != nil && !*in.AddPreviousOutputInEnv {
		return nil
	}
	var variables []Variable
	if previous.Stdout != "" {
		variables = append(variables, Variable{"PULUMI_COMMAND_STDOUT", previous.Stdout})
	}
	if previous.Stderr != "" {
		variables = append(variables, Variable{"PULUMI_COMMAND_STDERR", previous.Stderr})
	}
	return variables
}

// Logging names the streams of a script that are shown while it runs. What is kept as output does not depend on it.
type Logging string

// The values of Logging.
const (
	LogStdout          Logging = "stdout"
	LogStderr          Logging = "stderr"
	LogStdoutAndStderr Logging = "stdoutAndStderr"
	LogNone            Logging = "none"
)

// Values lists the values that the schema allows.
func (Logging) Values() []infer.EnumValue[Logging] {
	var values []infer.EnumValue[Logging]
	for _, value := range []Logging{LogStdout, LogStderr, LogStdoutAndStderr, LogNone} {
		values = append(values, infer.EnumValue[Logging]{Name: string(value), Value: value})
	}
	return values
}

func (l *Logging) shows(stream Logging) bool {
	return l == nil || *l == LogStdoutAndStderr || *l == stream
}
