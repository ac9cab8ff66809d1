"""What the Redis engine runs inside Redis, each as one step.

Keys: `{prefix}:last`, the id of the newest message of all; `{prefix}:born`, the id before the first; `{prefix}:index`,
channels by the time of their newest message; `{prefix}:stream:CHANNEL`, the history; `{prefix}:head:CHANNEL`, a hash
of `last`, the newest id, and `trimmed`, the newest id that the history no longer has. Ids are those of streams, but
unique and growing over all channels, so that a cursor is a place in all of them.
"""

_COMPARE = """
local function after(a, b)
  local a1, a2 = a:match('(%d+)-(%d+)')
  local b1, b2 = b:match('(%d+)-(%d+)')
  if a1 ~= b1 then return tonumber(a1) > tonumber(b1) end
  return tonumber(a2) > tonumber(b2)
end
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
"""

PUBLISH = (
    _COMPARE
    + """
local last, born, index, stream, head = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]
local channel, payload, token, repeated = ARGV[1], ARGV[2], ARGV[3], ARGV[4]
local history, history_ms, keep_ms, live = tonumber(ARGV[5]), tonumber(ARGV[6]), tonumber(ARGV[7]), ARGV[8]
if repeated == '1' then
  for _, entry in ipairs(redis.call('XREVRANGE', stream, '+', '-', 'COUNT', 1000)) do
    if entry[2][4] == token then return entry[1] end
  end
end
local newest = redis.call('GET', last)
local ms, count = now, 0
if newest then
  local ms_before, count_before = newest:match('(%d+)-(%d+)')
  if tonumber(ms_before) >= now then ms, count = tonumber(ms_before), count_before + 1 end
else
  redis.call('SET', born, string.format('%.0f-0', now), 'NX')
  count = 1
end
local id = string.format('%.0f-%.0f', ms, count)
local trimmed
local first = redis.call('XRANGE', stream, '-', '+', 'COUNT', 1)[1]
if first and tonumber(first[1]:match('(%d+)-')) < now - history_ms then
  local bound = string.format('(%.0f-0', now - history_ms)
  trimmed = redis.call('XREVRANGE', stream, bound, '-', 'COUNT', 1)[1][1]
  redis.call('XTRIM', stream, 'MINID', '=', string.format('%.0f-0', now - history_ms))
end
local surplus = redis.call('XLEN', stream) - history + 1
if surplus > 0 then
  trimmed = redis.call('XRANGE', stream, '-', '+', 'COUNT', surplus)[surplus][1]
  redis.call('XTRIM', stream, 'MAXLEN', '=', history - 1)
end
redis.call('XADD', stream, id, 'd', payload, 't', token)
redis.call('PEXPIRE', stream, history_ms)
redis.call('HSET', head, 'last', id)
if trimmed then redis.call('HSET', head, 'trimmed', trimmed) end
redis.call('PEXPIRE', head, keep_ms)
redis.call('ZADD', index, ms, channel)
redis.call('ZREMRANGEBYSCORE', index, 0, now - keep_ms)
redis.call('SET', last, id)
redis.call('PUBLISH', live, id .. ' ' .. payload)
return id
"""
)

REPLAY = (
    _COMPARE
    + """
local born, stream, head = KEYS[1], KEYS[2], KEYS[3]
local cursor, limit, keep_ms = ARGV[1], ARGV[2], tonumber(ARGV[3])
local entries = redis.call('XRANGE', stream, '(' .. cursor, '+', 'COUNT', limit)
local first = redis.call('GET', born)
local state = redis.call('HMGET', head, 'last', 'trimmed')
local complete = 1
if not first or after(first, cursor) then
  complete = 0
elseif not state[1] then
  if tonumber(cursor:match('(%d+)-')) < now - keep_ms then complete = 0 end
elseif redis.call('EXISTS', stream) == 0 then
  if after(state[1], cursor) then complete = 0 end
elseif state[2] and after(state[2], cursor) then
  complete = 0
end
return {complete, entries}
"""
)

POSITION = """
local newest = redis.call('GET', KEYS[1])
if newest then return newest end
local time = redis.call('TIME')
local id = string.format('%.0f-0', time[1] * 1000 + math.floor(time[2] / 1000))
redis.call('SET', KEYS[2], id, 'NX')
redis.call('SET', KEYS[1], id)
return id
"""
