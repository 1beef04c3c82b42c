// SPDX-FileCopyrightText: mosquitto-mongo-store contributors
// SPDX-License-Identifier: EPL-2.0 OR BSD-3-Clause

// embedded-mongodb is FerretDB over SQLite in one process: the database that the demo and the
// integration tests use if there is no mongod. It speaks MongoDB's protocol without
// authentication, and prints one line, its URI, once it accepts connections.
package main

import (
	"context"
	"flag"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"syscall"

	"github.com/FerretDB/FerretDB/ferretdb"
)

func main() {
	listen := flag.String("listen", "127.0.0.1:0", "address; port 0 takes a free one")
	dir := flag.String("dir", "", "folder of the database's files; created if missing")
	flag.Parse()
	if *dir == "" || flag.NArg() > 0 {
		flag.Usage()
		os.Exit(2)
	}
	if err := serve(*listen, *dir); err != nil {
		fmt.Fprintln(os.Stderr, "embedded-mongodb:", err)
		os.Exit(1)
	}
}

// serve returns after SIGTERM or SIGINT, with all connections closed.
func serve(listen, dir string) error {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	level := &slog.HandlerOptions{Level: slog.LevelError}
	database, err := ferretdb.New(&ferretdb.Config{ // without telemetry
		Listener:  ferretdb.ListenerConfig{TCP: listen},
		Logger:    slog.New(slog.NewTextHandler(os.Stderr, level)),
		Handler:   "sqlite",
		SQLiteURL: "file:" + dir + "/",
	})
	if err != nil {
		return err
	}
	fmt.Println(database.MongoDBURI()) // it is already listening
	return database.Run(ctx)
}
