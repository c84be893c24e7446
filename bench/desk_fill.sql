-- A million seats without licences that would open. Half have downloaded, a third have activated, a fifth took
-- part in a mock interview, and one in a hundred had a refusal on the computer. SQLite only.

CREATE TEMP TABLE n AS
WITH RECURSIVE counted(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM counted WHERE i < :seats)
SELECT
  i,
  printf('7%011d', i) AS number,
  printf('%08x%024x', (i * 2654435761) % 4294967296, i) AS jti
FROM counted;

INSERT INTO seats (exam, admission_number, generation, jti, published_jti, tail)
SELECT :exam, number, 1, jti, jti, substr(number, -4) FROM n;

INSERT INTO licences (jti, edition_id, exam, admission_number, login_tag, sealed_key, token)
SELECT jti, 1, :exam, number, x'00', x'00', '' FROM n ORDER BY jti;

INSERT INTO downloads (jti, exam, granted_at, last_granted_at, started_at, finished_at)
SELECT jti, :exam, :at - i, :at - i, :at - i, iif(i % 50 = 1, NULL, :at - i) FROM n WHERE i % 2 = 1 ORDER BY jti;

INSERT INTO activations (jti, exam, device_key, token, at)
SELECT jti, :exam, x'00', '', :at - i FROM n WHERE i % 3 = 0 ORDER BY jti;

INSERT INTO attendance (
  exam, admission_number, slot, jti, kind, session, day, device_key, ticket,
  first_ticket_at, last_ticket_at, started_at
)
SELECT :exam, number, 'mock/2035-01-04', jti, 'mock', 0, '2035-01-04', x'00', '', :at, :at, :at
FROM n WHERE i % 5 = 0;

INSERT INTO seat_failures (exam, admission_number, kind, code, channel, count, first_at, last_at)
SELECT :exam, number, 'client', 'OS-026', 'client', 1, :at, :at FROM n WHERE i % 100 = 0;

INSERT INTO audit (at, exam, actor, act, facts, digest, jti)
SELECT :at, :exam, 'operator:agent' || (i % 50), 'seat.moved', json_object('jti', jti), x'00', jti
FROM n WHERE i % 10 = 0;

DROP TABLE n;

ANALYZE
