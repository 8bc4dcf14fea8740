"""The rules of delivery as Lua scripts: each runs on the server as one step, whole or not at all.

Under a prefix P: the stream ``P:events`` of entries (``id``, ``key``, ``event``), ``P:ids`` (event to
entry), ``P:time`` (entries by time), ``P:n`` (counters). A group G is a consumer group of the stream
with ``P:G:keys:<key>`` (what is open of a key, in order), ``P:G:lost`` (ended leases of an entry),
``P:G:later`` (handed back with a delay), ``P:G:dead`` (dead letters by event).

What is open for a group is pending in Redis's own sense. Its owner says more: a consumer holds it,
``~pool`` has what waits, ``~later`` what waits for its delay. A lease of L ms is an entry that has
been idle for BASE - L ms: XAUTOCLAIM with BASE finds those whose lease has ended, whatever its length.
"""

from __future__ import annotations

__all__ = [
    "ADMIT", "CLAIM", "COUNTS", "DAMAGED", "DEALT", "DONE", "DROP", "NACK", "PUBLISH", "PUT", "REVIVE",
    "SWEEP",
]  # fmt: skip

_COMMON = """
local P = KEYS[1]
local stream, ids, times, counters = P..':events', P..':ids', P..':time', P..':n'
local BASE = 315360000000
local MAX = 5
local function place(entry)
  local ms, n = string.match(entry, '(%d+)-(%d+)')
  return string.format('%015.0f-%010.0f', tonumber(ms), tonumber(n))
end
"""
_HANDED = """
local function handed()
  local last, rows = {}, redis.pcall('XINFO', 'GROUPS', stream)
  for _, row in ipairs(rows.err and {} or rows) do
    local info = {}
    for i = 1, #row, 2 do info[row[i]] = row[i + 1] end
    last[info.name] = place(info['last-delivered-id'])
  end
  return last
end
"""
_GROUP = (
    _COMMON
    + _HANDED
    + """
local g = ARGV[1]
local G = P..':'..g
local lost, later, dead = G..':lost', G..':later', G..':dead'
local function list(key) return G..':keys:'..key end
local function fields(entry)
  local rows = redis.call('XRANGE', stream, entry, entry)
  if #rows == 0 then return nil end
  local found = {}
  for i = 1, #rows[1][2], 2 do found[rows[1][2][i]] = rows[1][2][i + 1] end
  return found
end
local function pending(entry)
  return redis.call('XPENDING', stream, g, entry, entry, 1)[1]
end
local function give(owner, entry, attempts, idle)
  redis.call('XCLAIM', stream, g, owner, 0, entry, 'IDLE', idle, 'RETRYCOUNT', attempts, 'JUSTID')
end
local function forget(entry, key)
  redis.call('XACK', stream, g, entry)
  if key then redis.call('LREM', list(key), 1, entry) end
  redis.call('HDEL', lost, entry)
  redis.call('SREM', later, entry)
end
local function bury(entry, f, attempts, reason, time)
  forget(entry, f and f.key)
  if f then
    redis.call('HSET', dead, f.id,
      cjson.encode({entry = entry, attempts = attempts, reason = reason, time = time}))
  end
end
local function make_group()
  if redis.call('SADD', P..':groups', g) == 1 then
    redis.pcall('XGROUP', 'CREATE', stream, g, '0', 'MKSTREAM')
    redis.call('HSET', counters, 'admitted:'..g, redis.call('HGET', counters, 'retired') or 0)
  end
end
local function sweep(now)
  local cursor = '0-0'
  repeat
    local found = redis.call('XAUTOCLAIM', stream, g, '~pool', BASE, cursor, 'COUNT', 1000, 'JUSTID')
    cursor = found[1]
    for _, entry in ipairs(found[2]) do
      if redis.call('SREM', later, entry) == 0 then
        local row = pending(entry)
        if row and row[4] >= MAX then
          bury(entry, fields(entry), row[4], 'its lease ended', now)
        else
          redis.call('HINCRBY', lost, entry, 1)
        end
      end
    end
  until cursor == '0-0'
end
local function admit(count)
  local found = redis.call('XREADGROUP', 'GROUP', g, '~pool', 'COUNT', count, 'STREAMS', stream, '>')
  local entries = {}
  if found then
    for _, row in ipairs(found[1][2]) do
      local f = {entry = row[1]}
      for i = 1, #row[2], 2 do f[row[2][i]] = row[2][i + 1] end
      redis.call('RPUSH', list(f.key), f.entry)
      entries[#entries + 1] = f
    end
    redis.call('HINCRBY', counters, 'admitted:'..g, #entries)
  end
  return entries
end
"""
)

PUBLISH = (
    _COMMON
    + """
local new = 0
for i = 1, #ARGV, 4 do
  local id = ARGV[i]
  if redis.call('HEXISTS', ids, id) == 0 then
    local entry = redis.call('XADD', stream, '*', 'id', id, 'key', ARGV[i + 1], 'event', ARGV[i + 3])
    redis.call('HSET', ids, id, entry)
    redis.call('ZADD', times, ARGV[i + 2], place(entry))
    new = new + 1
  end
end
redis.call('HINCRBY', counters, 'stored', new)
return new
"""
)
"""ARGV: id, key, microseconds and line of each event. Returns how many were new."""

CLAIM = (
    _GROUP
    + """
local consumer, limit, idle = 'c:'..ARGV[2], tonumber(ARGV[3]), BASE - tonumber(ARGV[4])
make_group()
sweep(ARGV[5])
local taken, at, alone = {}, {}, false
local function take(entry, f, attempts)
  local n = at[f.key] or 0
  if n > 0 and string.sub(f.key, 1, 1) == '=' then return false end
  if redis.call('LINDEX', list(f.key), n) ~= entry then return false end
  at[f.key] = n + 1
  give(consumer, entry, attempts, idle)
  taken[#taken + 1] = {entry, attempts, f.event}
  return true
end
local from = '-'
while #taken < limit and not alone do
  local rows = redis.call('XPENDING', stream, g, from, '+', 200, '~pool')
  if #rows == 0 then break end
  for _, row in ipairs(rows) do
    local entry, attempts = row[1], row[4]
    from = '('..entry
    local f = fields(entry)
    if not f then
      forget(entry, nil)
    else
      local suspect = tonumber(redis.call('HGET', lost, entry) or '0') >= 2
      if not (suspect and #taken > 0) and take(entry, f, attempts + 1) and suspect then alone = true end
      if alone or #taken == limit then break end
    end
  end
end
while #taken < limit and not alone do
  local entries = admit(limit - #taken)
  if #entries == 0 then break end
  for _, f in ipairs(entries) do
    if not take(f.entry, f, 1) then give('~pool', f.entry, 0, 0) end
  end
end
return taken
"""
)
"""ARGV: group, consumer, limit, lease in ms, now. Returns entry, attempt and line of each."""

SWEEP = _GROUP + "make_group() sweep(ARGV[2]) return redis.call('HGETALL', dead)"
"""ARGV: group, now. Returns the dead letters."""

DONE = (
    _GROUP
    + """
for i = 2, #ARGV, 2 do
  local entry, id = ARGV[i], ARGV[i + 1]
  if redis.call('HGET', ids, id) == entry and redis.call('SISMEMBER', P..':groups', g) == 1 then
    if redis.call('XACK', stream, g, entry) == 1 then
      local f = fields(entry)
      forget(entry, f and f.key)
    end
    redis.call('HDEL', dead, id)
  end
end
"""
)
"""ARGV: group, then entry and id of each."""

NACK = (
    _GROUP
    + """
local delay, reason, now = tonumber(ARGV[2]), ARGV[3], ARGV[4]
if redis.call('SISMEMBER', P..':groups', g) == 0 then return end
for i = 5, #ARGV, 2 do
  local entry, attempt = ARGV[i], tonumber(ARGV[i + 1])
  local row = pending(entry)
  if row and string.sub(row[2], 1, 2) == 'c:' and row[4] == attempt then
    if attempt >= MAX then
      bury(entry, fields(entry), attempt, reason, now)
    elseif delay > 0 then
      give('~later', entry, attempt, BASE - delay)
      redis.call('SADD', later, entry)
    else
      give('~pool', entry, attempt, 0)
    end
  end
end
"""
)
"""ARGV: group, delay in ms, reason, now, then entry and attempt of each."""

REVIVE = (
    _GROUP
    + """
local found = {}
for i = 2, #ARGV do
  local text = redis.call('HGET', dead, ARGV[i])
  if text then found[#found + 1] = {cjson.decode(text).entry, ARGV[i]} end
end
table.sort(found, function(a, b) return place(a[1]) > place(b[1]) end)
local count = 0
for _, item in ipairs(found) do
  local f = fields(item[1])
  if f and redis.call('HDEL', dead, item[2]) == 1 then
    redis.call('XCLAIM', stream, g, '~pool', 0, item[1], 'IDLE', 0, 'RETRYCOUNT', 0, 'FORCE', 'JUSTID')
    redis.call('LPUSH', list(f.key), item[1])
    count = count + 1
  end
end
return count
"""
)
"""ARGV: group, then ids. Returns how many there were."""

COUNTS = (
    _GROUP
    + """
local stored = tonumber(redis.call('HGET', counters, 'stored') or '0')
local retired = tonumber(redis.call('HGET', counters, 'retired') or '0')
local damaged = redis.call('SCARD', P..':damaged')
if redis.call('SISMEMBER', P..':groups', g) == 0 then
  return {stored - retired - damaged, 0, 0, 0, damaged}
end
sweep(ARGV[2])
local admitted = tonumber(redis.call('HGET', counters, 'admitted:'..g))
local summary = redis.call('XPENDING', stream, g)
local held = summary[1]
for _, pair in ipairs(summary[4] or {}) do
  if string.sub(pair[1], 1, 1) == '~' then held = held - tonumber(pair[2]) end
end
local buried = redis.call('HLEN', dead)
local known = 0
local last = handed()[g]
for _, entry in ipairs(redis.call('SMEMBERS', P..':damaged')) do
  if not pending(entry) and place(entry) <= last then known = known + 1 end
end
return {summary[1] - held + stored - admitted - (damaged - known), held,
  admitted - retired - summary[1] - buried - known, buried, damaged}
"""
)
"""ARGV: group, now. Returns waiting, claimed, done, dead, damaged."""

DAMAGED = (
    _GROUP
    + """
for i = 2, #ARGV do
  local f = fields(ARGV[i])
  forget(ARGV[i], f and f.key)
  redis.call('SADD', P..':damaged', ARGV[i])
end
"""
)
"""ARGV: group, then entries that cannot be read: they stay where they are, undelivered."""

DEALT = (
    _COMMON
    + _HANDED
    + """
local groups, last = redis.call('SMEMBERS', P..':groups'), handed()
local found = {}
for i = 1, #ARGV, 2 do
  local entry, id, dealt = ARGV[i], ARGV[i + 1], 1
  for _, g in ipairs(groups) do
    if place(entry) > last[g] or #redis.call('XPENDING', stream, g, entry, entry, 1) > 0
        or redis.call('HEXISTS', P..':'..g..':dead', id) == 1 then
      dealt = 0
    end
  end
  found[#found + 1] = dealt
end
return found
"""
)
"""ARGV: entry and id of each. Returns for each whether every group has dealt with it."""

DROP = (
    _COMMON
    + """
local count = 0
for i = 1, #ARGV, 2 do
  count = count + redis.call('XDEL', stream, ARGV[i])
  redis.call('ZREM', times, place(ARGV[i]))
  redis.call('HDEL', ids, ARGV[i + 1])
end
redis.call('HINCRBY', counters, 'retired', count)
return count
"""
)
"""ARGV: entry and id of each, which are archived. Returns how many were here."""

ADMIT = (
    _GROUP
    + """
make_group()
local entries = admit(tonumber(ARGV[2]))
for _, f in ipairs(entries) do give('~pool', f.entry, 0, 0) end
return #entries
"""
)
"""ARGV: group, limit. Puts new events down as waiting; returns how many there were."""

PUT = (
    _GROUP
    + """
local now = ARGV[2]
for i = 3, #ARGV, 5 do
  local entry = redis.call('HGET', ids, ARGV[i])
  local state, attempts, reason, time = ARGV[i + 1], tonumber(ARGV[i + 2]), ARGV[i + 3], ARGV[i + 4]
  local f = entry and fields(entry)
  local row = f and pending(entry)
  if f and state == 'done' then
    forget(entry, f.key)
    redis.call('HDEL', dead, ARGV[i])
  elseif row and string.sub(row[2], 1, 1) == '~' then
    if state == 'dead' then
      bury(entry, f, attempts, reason, time ~= '' and time or now)
    elseif attempts > row[4] then
      give('~pool', entry, math.min(attempts, MAX - 1), 0)
    end
  end
end
"""
)
"""ARGV: group, now, then id, state, attempts, reason and time of each."""
