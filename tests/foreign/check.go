// Checks a log with golang.org/x/mod/sumdb alone: check FOLDER VKEY [OLDER CHECKPOINT]...
package main

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// folder holds a log; its paths are those of x/mod without the height, and with "entries" for "data".
type folder string

func (folder) Height() int                     { return 8 }
func (folder) SaveTiles([]tlog.Tile, [][]byte) {}
func (f folder) file(tile tlog.Tile) []byte {
	path := strings.NewReplacer("tile/8/data/", "tile/entries/", "tile/8/", "tile/").Replace(tile.Path())
	return must(os.ReadFile(filepath.Join(string(f), path)))
}

func (f folder) ReadTiles(wanted []tlog.Tile) (data [][]byte, _ error) {
	for _, tile := range wanted {
		data = append(data, f.file(tile))
	}
	return data, nil
}

func must[T any](value T, err error) T {
	require(err == nil, err)
	return value
}

func require(holds bool, wrong any) {
	if !holds {
		fmt.Println(wrong)
		os.Exit(1)
	}
}

// signed is the tree of a checkpoint; x/mod reads the trees of one origin only, so that line is put in its place.
func signed(path string, key note.Verifier) tlog.Tree {
	text := must(note.Open(must(os.ReadFile(path)), note.VerifierList(key))).Text
	origin, rest, _ := strings.Cut(text, "\n")
	require(origin == key.Name(), "the origin is not the name of the key")
	return must(tlog.ParseTree([]byte("go.sum database tree\n" + rest)))
}

func main() {
	log, key := folder(os.Args[1]), must(note.NewVerifier(os.Args[2]))
	tree := signed(filepath.Join(os.Args[1], "checkpoint"), key)
	if tree.N == 0 { // x/mod 0.7 has no root for an empty tree; RFC 6962 has this one
		require(tree.Hash == sha256.Sum256(nil), "not the root of an empty tree")
	} else {
		whole(log, tree)
	}
	for _, path := range os.Args[3:] {
		old := signed(path, key)
		proof := must(tlog.ProveTree(tree.N, old.N, tlog.TileHashReader(tree, log)))
		wrong := tlog.CheckTree(proof, tree.N, tree.Hash, old.N, old.Hash)
		require(wrong == nil, wrong)
	}
	fmt.Println("ok", tree.N)
}

// whole checks every tile and every entry, and the proofs of inclusion of some six hundred.
func whole(log folder, tree tlog.Tree) {
	reader := tlog.TileHashReader(tree, log)
	require(must(tlog.TreeHash(tree.N, reader)) == tree.Hash, "the tiles do not lead to the root")
	var leaves []int64
	for n := int64(0); n < tree.N; n++ {
		leaves = append(leaves, tlog.StoredHashIndex(0, n))
	}
	hashes := must(reader.ReadHashes(leaves))
	var bundle []byte
	for n := int64(0); n < tree.N; n++ {
		if n%256 == 0 {
			require(len(bundle) == 0, "a bundle is too long")
			width := 256
			if tree.N-n < 256 {
				width = int(tree.N - n)
			}
			bundle = log.file(tlog.Tile{H: 8, L: -1, N: n / 256, W: width})
		}
		require(len(bundle) >= 2 && len(bundle)-2 >= int(binary.BigEndian.Uint16(bundle)), "a bundle is too short")
		end := 2 + int(binary.BigEndian.Uint16(bundle))
		record := tlog.RecordHash(bundle[2:end])
		bundle = bundle[end:]
		require(record == hashes[n], fmt.Sprintf("entry %d is not the one that was logged", n))
		if n%(1+tree.N/600) == 0 || n == tree.N-1 {
			wrong := tlog.CheckRecord(must(tlog.ProveRecord(tree.N, n, reader)), tree.N, tree.Hash, n, record)
			require(wrong == nil, wrong)
		}
	}
	require(len(bundle) == 0, "a bundle is too long")
}
