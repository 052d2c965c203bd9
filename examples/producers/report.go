// One finding and its run, handed in over HTTP: go run report.go, with RECTIFY_URL and RECTIFY_KEY.
// Exit code 0: accepted for good; 75: try again later, it is there once all the same; 1: refused, with the reason.
package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"time"
)

type object map[string]any

func main() {
	started := time.Now().UTC()
	run, page := "go-"+started.Format("20060102T150405Z"), "https://kjj.gov.cn/xwzx/3.html"
	body, _ := json.Marshal([]object{
		{"type": "finding", "asset_id": "kjj-site", "check": "link.dead", "source": "go", "run_id": run,
			"observed_at": started.Format(time.RFC3339), "locator": page,
			"evidence": object{"url": page, "target": "https://kjj.gov.cn/404", "http_status": 404}},
		{"type": "run", "asset_id": "kjj-site", "source": "go", "run_id": run, "status": "complete",
			"started_at": started.Format(time.RFC3339), "finished_at": time.Now().UTC().Format(time.RFC3339),
			"checks": []string{"link.dead"}, "found": 1, "pages": 36},
	})
	os.Exit(handIn(run, body))
}

func handIn(run string, body []byte) int {
	request, err := http.NewRequest("POST", os.Getenv("RECTIFY_URL")+"/intake/findings", bytes.NewReader(body))
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	request.Header.Set("Authorization", "Bearer "+os.Getenv("RECTIFY_KEY"))
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Idempotency-Key", run)
	answer, err := (&http.Client{Timeout: 30 * time.Second}).Do(request)
	if err != nil {
		return 75
	}
	defer answer.Body.Close()
	switch answer.StatusCode {
	case http.StatusAccepted:
		return 0
	case http.StatusTooManyRequests, http.StatusServiceUnavailable:
		return 75
	}
	io.Copy(os.Stderr, answer.Body)
	return 1
}
