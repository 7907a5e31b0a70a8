// Judges streams of assertions with snapd's own package: one line a stream on stdout, "ok" or "refused: WHY".
// usage: snapd-asserts TRUST.assert FILE.assert...
package main

import (
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/snapcore/snapd/asserts"
)

func decode(path string) ([]asserts.Assertion, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	var found []asserts.Assertion
	decoder := asserts.NewDecoder(file)
	for {
		assertion, err := decoder.Decode()
		if err == io.EOF {
			return found, nil
		}
		if err != nil {
			return nil, err
		}
		found = append(found, assertion)
	}
}

func judge(trusted []asserts.Assertion, path string) error {
	db, err := asserts.OpenDatabase(&asserts.DatabaseConfig{Backstore: asserts.NewMemoryBackstore(), Trusted: trusted})
	if err != nil {
		return err
	}
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	batch := asserts.NewBatch(nil)
	if _, err := batch.AddStream(file); err != nil {
		return err
	}
	return batch.CommitTo(db, &asserts.CommitOptions{Precheck: true})
}

func main() {
	trusted, err := decode(os.Args[1])
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	for _, path := range os.Args[2:] {
		if err := judge(trusted, path); err != nil {
			fmt.Printf("refused: %s\n", strings.ReplaceAll(err.Error(), "\n", " "))
		} else {
			fmt.Println("ok")
		}
	}
}
