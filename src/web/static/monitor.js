// The monitor of an exam: what the page shows at first is kept as it is now by a stream of events. Without this script
// the page is loaded again every fifteen seconds.
(function () {
  'use strict';

  const box = document.getElementById('monitor');
  if (!box || !window.EventSource) return;
  const live = document.getElementById('monitor-live');
  const time = document.getElementById('monitor-time');
  const offset = Number(box.dataset.offset);
  const two = (n) => String(n).padStart(2, '0');
  const thousands = (n) => String(n).replace(/\B(?=(\d{3})+$)/g, ',');

  // A moment of the server's as the district's clocks show it.
  function wall(text, seconds) {
    const at = new Date(Date.parse(text) + offset);
    const hm = two(at.getUTCHours()) + ':' + two(at.getUTCMinutes());
    return seconds ? hm + ':' + two(at.getUTCSeconds()) : hm;
  }

  function put(cell, text) {
    if (cell && cell.textContent !== text) cell.textContent = text;
  }

  function counts(within, found) {
    for (const name of Object.keys(found)) {
      put(within.querySelector('[data-count="' + name + '"]'), thousands(found[name]));
    }
  }

  function stands(row) {
    if (row.state === 'sitting' && !row.connected) return ['warn', box.dataset.silent];
    const tone = { waiting: '', sitting: 'info', submitted: 'ok', voided: 'bad' }[row.state];
    const words = box.dataset[row.state];
    return [tone, row.by_server && row.state === 'submitted' ? words + box.dataset.byServer : words];
  }

  function show(row) {
    const line = box.querySelector('[data-person="' + row.person_id + '"]');
    if (!line) return;
    const tag = line.querySelector('[data-state] .tag');
    const [tone, words] = stands(row);
    put(tag, words);
    tag.className = 'tag ' + tone;
    put(line.querySelector('[data-began]'), row.started_at ? wall(row.started_at) : '—');
    put(line.querySelector('[data-deadline]'), row.deadline ? wall(row.deadline) : '—');
  }

  const stream = new EventSource(box.dataset.stream);
  stream.onopen = () => put(live, box.dataset.live);
  stream.onerror = () => put(live, box.dataset.cut);
  stream.onmessage = (message) => {
    const event = JSON.parse(message.data);
    put(time, wall(event.server_time, true));
    counts(box.querySelector('.cards'), event.total);
    for (const unit of event.units) {
      const line = box.querySelector('tr[data-unit="' + unit.unit_id + '"]');
      if (line) counts(line, unit.counts);
    }
    event.items.forEach(show);
  };
})();
