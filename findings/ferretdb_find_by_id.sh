#!/usr/bin/env bash
# SPDX-FileCopyrightText: mosquitto-mongo-store contributors
# SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause
# FerretDB 1.24.2 over SQLite: finding a document by its _id reads the whole collection.
#
# One would expect: _id has a unique index, listIndexes shows it, and a look-up by _id takes the same time in
#   any collection.
# What happens: SQLite's plan is SCAN. SQLite at least compares the _ids (an ObjectId here). For $in, even of
#   one _id, FerretDB decodes every document and compares itself, which takes several times longer.
# Consequence: reading back, updating or deleting by _id takes time in proportion to the collection. Inserts
#   don't. Do it rarely, and one by one rather than with $in.
# shellcheck source-path=SCRIPTDIR source=support.sh
source "$(dirname "${BASH_SOURCE[0]}")/support.sh"

command -v go >/dev/null || cannot_run 'there is no go'
cat >"$folder/go.mod" <<'END'
module finding

go 1.24

require (
	github.com/FerretDB/FerretDB v1.24.2
	go.mongodb.org/mongo-driver v1.17.3
)
END
cat >"$folder/main.go" <<'END'
// Prints, for each look-up: its name, the plan's first words, whether the filter is pushed down to
// SQLite, and microseconds.
package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"
	"time"

	"github.com/FerretDB/FerretDB/ferretdb"
	"go.mongodb.org/mongo-driver/bson"
	"go.mongodb.org/mongo-driver/bson/primitive"
	"go.mongodb.org/mongo-driver/mongo"
	"go.mongodb.org/mongo-driver/mongo/options"
)

var ctx = context.Background()

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
}

func lookUp(c *mongo.Collection, name string, id any) {
	filter := bson.D{{Key: "_id", Value: id}}
	start := time.Now()
	for range 5 {
		check(c.FindOne(ctx, filter).Err())
	}
	took := time.Since(start) / 5
	find := bson.D{{Key: "find", Value: c.Name()}, {Key: "filter", Value: filter}}
	var explained struct {
		QueryPlanner   struct{ Plan []string } `bson:"queryPlanner"`
		FilterPushdown bool                    `bson:"filterPushdown"`
	}
	explain := bson.D{{Key: "explain", Value: find}}
	check(c.Database().RunCommand(ctx, explain).Decode(&explained))
	_, plan, _ := strings.Cut(strings.Join(explained.QueryPlanner.Plan, " "), "detail=")
	fmt.Println(name, strings.Fields(plan)[0], explained.FilterPushdown, took.Microseconds())
}

func main() {
	server, err := ferretdb.New(&ferretdb.Config{
		Listener: ferretdb.ListenerConfig{TCP: "127.0.0.1:0"}, Handler: "sqlite",
		Logger: slog.New(slog.NewTextHandler(io.Discard, nil)), SQLiteURL: "file:" + os.Args[1] + "/",
	})
	check(err)
	go func() { _ = server.Run(ctx) }()
	client, err := mongo.Connect(ctx, options.Client().ApplyURI(server.MongoDBURI()))
	check(err)
	for _, count := range []int{1000, 20000} {
		c := client.Database("test").Collection(fmt.Sprint("documents_", count))
		ids := make([]any, count)
		documents := make([]any, count)
		for i := range documents {
			ids[i] = primitive.NewObjectID()
			documents[i] = bson.D{{Key: "_id", Value: ids[i]}, {Key: "value", Value: i}}
		}
		_, err := c.InsertMany(ctx, documents)
		check(err)
		indexes, err := c.Indexes().ListSpecifications(ctx)
		check(err)
		fmt.Println("index", indexes[0].Name)
		last := ids[count-1]
		lookUp(c, fmt.Sprint("equal_", count), last)
		lookUp(c, fmt.Sprint("in_", count), bson.D{{Key: "$in", Value: bson.A{last}}})
	}
}
END
mkdir "$folder/data"
(cd "$folder" && CGO_ENABLED=0 GOFLAGS=-mod=mod go build -o finding . >go.log 2>&1) ||
  { tail -n 5 "$folder/go.log" >&2; cannot_run 'go build'; }
"$folder/finding" "$folder/data" >"$folder/seen" || cannot_run 'the look-ups failed'
echo 'packages: github.com/FerretDB/FerretDB@v1.24.2 go.mongodb.org/mongo-driver@v1.17.3'
cat "$folder/seen"

field() { awk -v name="$1" -v n="$2" '$1 == name { print $n; exit }' "$folder/seen"; }  # LOOK-UP COLUMN
times() { awk -v a="$1" -v b="$2" -v n="$3" 'BEGIN { print (a >= n * b) ? "yes" : "no" }'; }  # A B N

expect 'the index that listIndexes shows' _id_ "$(field index 2)"
expect 'plan of {_id: X}' SCAN "$(field equal_20000 2)"
expect "plan of {_id: {\$in: [X]}}" SCAN "$(field in_20000 2)"
expect '{_id: X} is pushed down' true "$(field equal_20000 3)"
expect "{_id: {\$in: [X]}} is pushed down" false "$(field in_20000 3)"
expect '20 times the documents take at least 4 times as long' yes \
  "$(times "$(field equal_20000 4)" "$(field equal_1000 4)" 4)"
expect "\$in of one _id takes at least twice as long" yes \
  "$(times "$(field in_20000 4)" "$(field equal_20000 4)" 2)"
finish
