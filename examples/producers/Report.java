import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Instant;
import java.time.temporal.ChronoUnit;

/** One finding and its run, handed in over HTTP: {@code java Report.java}, with RECTIFY_URL and RECTIFY_KEY.
 *  Exit code 0: accepted for good; 75: try again later, it is there once all the same; 1: refused, with the reason. */
public class Report {
    public static void main(String[] arguments) throws InterruptedException {
        Instant started = Instant.now().truncatedTo(ChronoUnit.SECONDS);
        String run = "java-" + started.getEpochSecond();
        String page = "https://kjj.gov.cn/xwzx/3.html";
        String body = """
            [
              {"type": "finding", "asset_id": "kjj-site", "check": "link.dead", "source": "java", "run_id": "%s",
               "observed_at": "%s", "locator": "%s",
               "evidence": {"url": "%s", "target": "https://kjj.gov.cn/404", "http_status": 404}},
              {"type": "run", "asset_id": "kjj-site", "source": "java", "run_id": "%s", "status": "complete",
               "started_at": "%s", "finished_at": "%s", "checks": ["link.dead"], "found": 1, "pages": 36}
            ]
            """.formatted(run, started, page, page, run, started, Instant.now().truncatedTo(ChronoUnit.SECONDS));
        HttpRequest request = HttpRequest.newBuilder(URI.create(System.getenv("RECTIFY_URL") + "/intake/findings"))
            .header("Authorization", "Bearer " + System.getenv("RECTIFY_KEY"))
            .header("Content-Type", "application/json")
            .header("Idempotency-Key", run)
            .POST(HttpRequest.BodyPublishers.ofString(body))
            .build();
        System.exit(handIn(request));
    }

    private static int handIn(HttpRequest request) throws InterruptedException {
        try {
            HttpClient client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
            HttpResponse<String> answer = client.send(request, HttpResponse.BodyHandlers.ofString());
            switch (answer.statusCode()) {
                case 202:
                    return 0;
                case 429, 503:
                    return 75;
                default:
                    System.err.println(answer.body());
                    return 1;
            }
        } catch (IOException away) {
            return 75;
        }
    }
}
