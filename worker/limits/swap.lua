-- Writes the state of a quota unless somebody else has written it since it was read.
-- KEYS: the quota. ARGV: the version that was read, the new version, the new state, seconds until it expires.
-- Gives nothing when it was written, else what a new try needs: seconds, microseconds, version, state.
local version = redis.call('HGET', KEYS[1], 'version') or '0'
if version == ARGV[1] then
    redis.call('HSET', KEYS[1], 'version', ARGV[2], 'state', ARGV[3])
    redis.call('EXPIRE', KEYS[1], ARGV[4])
    return {}
end
local now = redis.call('TIME')
return {now[1], now[2], version, redis.call('HGET', KEYS[1], 'state')}
