<?php
// One finding and its run, handed in over HTTP: php report.php, with RECTIFY_URL and RECTIFY_KEY.
// Exit code 0: accepted for good; 75: try again later, it is there once all the same; 1: refused, with the reason.
declare(strict_types=1);

$started = gmdate('Y-m-d\TH:i:s\Z');
$run = 'php-' . gmdate('Ymd\THis\Z');
$page = 'https://kjj.gov.cn/xwzx/3.html';
$messages = [
    ['type' => 'finding', 'asset_id' => 'kjj-site', 'check' => 'link.dead', 'source' => 'php', 'run_id' => $run,
        'observed_at' => $started, 'locator' => $page,
        'evidence' => ['url' => $page, 'target' => 'https://kjj.gov.cn/404', 'http_status' => 404]],
    ['type' => 'run', 'asset_id' => 'kjj-site', 'source' => 'php', 'run_id' => $run, 'status' => 'complete',
        'started_at' => $started, 'finished_at' => gmdate('Y-m-d\TH:i:s\Z'),
        'checks' => ['link.dead'], 'found' => 1, 'pages' => 36],
];
$request = stream_context_create(['http' => [
    'method' => 'POST',
    'header' => [
        'Authorization: Bearer ' . getenv('RECTIFY_KEY'),
        'Content-Type: application/json',
        'Idempotency-Key: ' . $run,
    ],
    'content' => json_encode($messages, JSON_THROW_ON_ERROR | JSON_UNESCAPED_SLASHES),
    'timeout' => 30,
    'ignore_errors' => true,
]]);
$answer = @file_get_contents(getenv('RECTIFY_URL') . '/intake/findings', false, $request);
$status = $answer === false ? 0 : (int) explode(' ', $http_response_header[0])[1];
if (in_array($status, [0, 429, 503], true)) {
    exit(75);
}
if ($status !== 202) {
    fwrite(STDERR, $answer);
    exit(1);
}
