// Command printers-oracle prints objects as the API server's own table printers do, so that tests can compare other tables with them.
//
//	printers-oracle objects   reads an object a line, writes {"columns": […], "cells": […], "now": …} a line
//	printers-oracle defaults  reads an object a line, writes {"object": …} a line: the object with the server's defaults, as it would store it
//	printers-oracle columns   reads {"columns": […], "objects": […]} a line, a CRD's additionalPrinterColumns and custom objects,
//	                          writes {"columns": […], "rows": [[…], …], "now": …} a line
//
// "now" is the time, in seconds since the epoch, from which ages are counted. An object that the API server would not decode has
// {"error": "…"} instead. Columns that cannot be parsed add "error" beside the rows: the server shows the columns before the first of them.
// Objects get the server's defaults first.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"time"

	apiextensions "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/apiextensions-apiserver/pkg/registry/customresource/tableconvertor"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	apijson "k8s.io/apimachinery/pkg/util/json"
	"k8s.io/apiserver/pkg/registry/rest"
	"k8s.io/kubernetes/pkg/api/legacyscheme"
	_ "k8s.io/kubernetes/pkg/apis/admissionregistration/install"
	_ "k8s.io/kubernetes/pkg/apis/apiserverinternal/install"
	_ "k8s.io/kubernetes/pkg/apis/flowcontrol/install"
	_ "k8s.io/kubernetes/pkg/apis/networking/install"
	_ "k8s.io/kubernetes/pkg/apis/node/install"
	_ "k8s.io/kubernetes/pkg/apis/storagemigration/install"
	"k8s.io/kubernetes/pkg/printers"
	"k8s.io/kubernetes/pkg/printers/internalversion"
	printerstorage "k8s.io/kubernetes/pkg/printers/storage"
)

const longestLine = 64 << 20

type answer struct {
	Columns []string        `json:"columns,omitempty"`
	Cells   []interface{}   `json:"cells,omitempty"`
	Rows    [][]interface{} `json:"rows,omitempty"`
	Now     float64         `json:"now"`
	Object  runtime.Object  `json:"object,omitempty"`
	Error   string          `json:"error,omitempty"`
}

type request struct {
	Columns []apiextensions.CustomResourceColumnDefinition `json:"columns"`
	Objects []json.RawMessage                              `json:"objects"`
}

func main() {
	modes := map[string]func([]byte) answer{"objects": objectPrinter(), "defaults": fillDefaults, "columns": printCustom}
	if len(os.Args) != 2 || modes[os.Args[1]] == nil {
		fmt.Fprintln(os.Stderr, "usage: printers-oracle objects|defaults|columns < lines")
		os.Exit(2)
	}
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, longestLine)
	out := bufio.NewWriter(os.Stdout)
	written := json.NewEncoder(out)
	written.SetEscapeHTML(false)
	for lines.Scan() {
		if err := written.Encode(reply(modes[os.Args[1]], lines.Bytes())); err != nil {
			fail(err)
		}
	}
	if err := lines.Err(); err != nil {
		fail(err)
	}
	if err := out.Flush(); err != nil {
		fail(err)
	}
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, "error:", err)
	os.Exit(1)
}

// reply turns a panic of a printer into an error, as the server's own handlers do.
func reply(mode func([]byte) answer, line []byte) (said answer) {
	defer func() {
		if fault := recover(); fault != nil {
			said = answer{Error: fmt.Sprint("panic: ", fault)}
		}
		said.Now = float64(time.Now().UnixMicro()) / 1e6
	}()
	return mode(line)
}

func objectPrinter() func([]byte) answer {
	generator := printers.NewTableGenerator().With(internalversion.AddHandlers)
	table := printerstorage.TableConvertor{TableGenerator: generator}
	decoder := legacyscheme.Codecs.UniversalDecoder()
	return func(line []byte) answer {
		object, err := runtime.Decode(decoder, line)
		if err != nil {
			return answer{Error: err.Error()}
		}
		printed, err := table.ConvertToTable(context.Background(), object, nil)
		if err != nil {
			return answer{Error: err.Error()}
		}
		if len(printed.Rows) != 1 {
			return answer{Error: fmt.Sprintf("%d rows for one object", len(printed.Rows))}
		}
		return answer{Columns: names(printed.ColumnDefinitions), Cells: printed.Rows[0].Cells}
	}
}

func fillDefaults(line []byte) answer {
	kind := metav1.TypeMeta{}
	if err := json.Unmarshal(line, &kind); err != nil {
		return answer{Error: err.Error()}
	}
	object, err := runtime.Decode(legacyscheme.Codecs.UniversalDecoder(kind.GroupVersionKind().GroupVersion()), line)
	if err != nil {
		return answer{Error: err.Error()}
	}
	object.GetObjectKind().SetGroupVersionKind(kind.GroupVersionKind())
	return answer{Object: object}
}

func printCustom(line []byte) answer {
	var asked request
	if err := json.Unmarshal(line, &asked); err != nil {
		return answer{Error: err.Error()}
	}
	table, err := tableconvertor.New(asked.Columns)
	said := answer{}
	if err != nil {
		said.Error = err.Error()
	}
	for _, raw := range asked.Objects {
		columns, cells, err := customRow(table, raw)
		if err != nil {
			return answer{Error: err.Error()}
		}
		said.Columns = columns
		said.Rows = append(said.Rows, cells)
	}
	return said
}

func customRow(table rest.TableConvertor, raw []byte) ([]string, []interface{}, error) {
	content := map[string]interface{}{}
	if err := apijson.Unmarshal(raw, &content); err != nil {
		return nil, nil, err
	}
	printed, err := table.ConvertToTable(context.Background(), &unstructured.Unstructured{Object: content}, nil)
	if err != nil {
		return nil, nil, err
	}
	return names(printed.ColumnDefinitions), printed.Rows[0].Cells, nil
}

func names(columns []metav1.TableColumnDefinition) []string {
	found := make([]string, len(columns))
	for at, column := range columns {
		found[at] = column.Name
	}
	return found
}
