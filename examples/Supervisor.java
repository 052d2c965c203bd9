import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.serialization.StringDeserializer;

/** Follow 督办: java -cp "kafka/libs/*" Supervisor.java BROKER TOPIC [REGION]; the libs of any Kafka are all it needs. */
class Supervisor {
    public static void main(String[] args) throws Exception {
        Map<String, Object> settings = Map.of("bootstrap.servers", args[0], "group.id", "our-office-in-java",
            "auto.offset.reset", "earliest", "enable.auto.commit", "false");
        var region = args.length > 2 ? args[2] : null;
        var seen = new HashSet<String>(); // delivery is at least once: keep the ids where you keep what you do
        var json = new ObjectMapper();
        var out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
        try (var consumer = new KafkaConsumer<>(settings, new StringDeserializer(), new StringDeserializer())) {
            consumer.subscribe(List.of(args[1]));
            while (true) {
                for (var message : consumer.poll(Duration.ofSeconds(1))) {
                    var it = json.readTree(message.value()); // the whole of it: ticket, asset, unit
                    var ours = region == null || region.equals(it.at("/asset/region").asText())
                        || region.equals(it.at("/unit/region").asText());
                    if (ours && seen.add(it.get("id").asText())) {
                        out.printf("%.16s %s %s %s%n", it.get("at").asText(), it.get("ticket_id").asText(),
                            it.at("/unit/name").asText("无主"), it.get("summary").asText());
                    }
                }
                consumer.commitSync(); // only now: whoever dies before reads them again
            }
        }
    }
}
