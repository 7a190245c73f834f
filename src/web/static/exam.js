// The exam room. What it promises: an answer that the page calls saved is held by the server; one that is not yet is
// kept on this device and sent as soon as it can be; nothing that another device has written is ever overwritten.
(function () {
  'use strict';

  const byId = (id) => document.getElementById(id);
  const room = byId('room');
  const config = JSON.parse(byId('room-config').textContent);
  const csrf = document.querySelector('meta[name="csrf"]').content;

  const DEBOUNCE_MS = 200;
  const TIMEOUT_MS = 15000;
  const MAX_WAIT_MS = 30000;
  const POLL_MS = 2000;
  const WATCH_MS = 20000; // how often the clock is asked for while nothing is saved
  const HALTED_MS = 4000; // the same during a pause
  const LOW_MS = 5 * 60000;
  const KEYS = 'ABCDEFGHI';
  const STORE = 'kaofa:attempt:';

  // `starting`, `open`, `taken` (another device writes), `submitting`, `ending` (time is up, the server collects), `over`, `stuck`.
  let mode = 'starting';
  let attempt = null; // { id, lease, deadline }
  let items = []; // in the order of the paper
  let here = 0; // index into items
  let answers = new Map(); // position -> response, as the candidate sees it
  let acked = new Map(); // position -> sequence number that the server holds
  let highest = new Map(); // position -> highest sequence number ever used here
  let pending = new Map(); // position -> { seq, response } that the server has not acknowledged
  let marks = new Set();
  let savedAt = null; // the server's time of the last acknowledgement
  let offline = false;
  let sending = false;
  let failures = 0;
  let saveTimer = 0;
  let pollTimer = 0;
  let watchTimer = 0;
  let halted = null; // during a pause: the time that is left, in milliseconds
  let leaving = false;

  // ---- texts ----------------------------------------------------------------------------------------------------

  function t(name, values) {
    const text = config.texts[name];
    return text.replace(/\{(\w+)\}/g, (whole, key) => (values && key in values ? String(values[key]) : ''));
  }

  function say(text) {
    byId('say').textContent = text;
  }

  function element(tag, className, text) {
    const node = document.createElement(tag);
    if (className) node.className = className;
    if (text !== undefined) node.textContent = text;
    return node;
  }

  const two = (n) => String(n).padStart(2, '0');

  // A moment of the server's as the district's clocks show it.
  function wallTime(ms) {
    const at = new Date(ms + config.offset_ms);
    return two(at.getUTCHours()) + ':' + two(at.getUTCMinutes()) + ':' + two(at.getUTCSeconds());
  }

  function length(ms) {
    const seconds = Math.max(0, Math.ceil(ms / 1000));
    const minutes = two(Math.floor(seconds / 60) % 60) + ':' + two(seconds % 60);
    return seconds >= 3600 ? Math.floor(seconds / 3600) + ':' + minutes : minutes;
  }

  // ---- the server's clock ---------------------------------------------------------------------------------------

  const clock = { offset: null, error: Infinity };

  // `server` was read between `sent` and `received`; the narrower of two readings that agree counts, and a reading
  // that contradicts the one before (this device slept meanwhile) replaces it.
  function synchronise(server, sent, received) {
    const offset = server - (sent + received) / 2;
    const error = (received - sent) / 2 + 1;
    const agrees = clock.offset !== null && Math.abs(offset - clock.offset) <= error + clock.error;
    if (!agrees || error < clock.error) {
      clock.offset = offset;
      clock.error = error;
    }
  }

  const serverNow = () => performance.now() + clock.offset;
  const timeLeft = () => (halted === null ? attempt.deadline - serverNow() : halted);

  // ---- asking the server ----------------------------------------------------------------------------------------

  async function call(method, path, body) {
    const options = {
      method,
      credentials: 'same-origin',
      cache: 'no-store',
      redirect: 'error',
      headers: { Accept: 'application/json', 'X-CSRF-Token': csrf },
    };
    if (body !== undefined) {
      options.headers['Content-Type'] = 'application/json';
      options.body = JSON.stringify(body);
      options.keepalive = options.body.length < 30000;
    }
    const abort = new AbortController();
    const timer = setTimeout(() => abort.abort(), TIMEOUT_MS);
    options.signal = abort.signal;
    const sent = performance.now();
    try {
      const response = await fetch('/api/v1' + path, options);
      const received = performance.now();
      const text = await response.text();
      let data = null;
      try {
        data = JSON.parse(text);
      } catch (error) {
        if (response.ok && text) throw error;
      }
      if (data && data.server_time) synchronise(Date.parse(data.server_time), sent, received);
      return { ok: response.ok, status: response.status, data: data || {}, wait: Number(response.headers.get('Retry-After')) || 0 };
    } finally {
      clearTimeout(timer);
    }
  }

  // What may pass if one only waits: no network, too busy, a mistake of the server.
  const passing = (answer) => answer.status >= 500 || answer.status === 429 || answer.status === 408;

  function pause(failed, retryAfter) {
    const doubled = Math.min(MAX_WAIT_MS, 1000 * Math.pow(2, Math.min(failed - 1, 5)));
    // A hall that lost its network together must not come back in one instant.
    return Math.max(doubled, (retryAfter || 0) * 1000) * (0.8 + 0.4 * Math.random());
  }

  // ---- what is kept on this device ------------------------------------------------------------------------------

  const store = {
    works: true,
    get(key) {
      try {
        return JSON.parse(localStorage.getItem(key));
      } catch (error) {
        return null;
      }
    },
    set(key, value) {
      try {
        localStorage.setItem(key, JSON.stringify(value));
        this.works = true;
      } catch (error) {
        this.works = false;
      }
    },
    remove(key) {
      try {
        localStorage.removeItem(key);
      } catch (error) {
        this.works = false;
      }
    },
    keys(prefix) {
      const found = [];
      try {
        for (let i = 0; i < localStorage.length; i += 1) {
          const key = localStorage.key(i);
          if (key.indexOf(prefix) === 0) found.push(key);
        }
      } catch (error) {
        this.works = false;
      }
      return found;
    },
  };

  const unsentPrefix = () => STORE + attempt.id + ':unsent:';
  const marksKey = () => STORE + attempt.id + ':marks';

  function keepPending(taken) {
    const key = unsentPrefix() + attempt.lease;
    if (pending.size === 0) {
      store.remove(key);
    } else {
      store.set(key, { at: Date.now(), taken: taken === true, base: [...acked], unsent: [...pending] });
    }
  }

  function forget() {
    store.keys(STORE + attempt.id + ':').forEach((key) => store.remove(key));
  }

  const same = (a, b) => JSON.stringify(a) === JSON.stringify(b);

  // What an earlier visit of this device could not send. It goes on where the server still stands where that visit left
  // it; where another device has written since, it is shown and not merged.
  function adopt() {
    const keys = store.keys(unsentPrefix()).filter((key) => key !== unsentPrefix() + attempt.lease);
    const records = keys.map((key) => ({ key, record: store.get(key) })).filter((r) => r.record);
    records.sort((a, b) => a.record.at - b.record.at);
    const stranded = new Map();
    records.forEach(({ record }) => {
      const base = new Map(record.base);
      const unsent = new Map(record.unsent);
      const arrived = (p) => unsent.has(p) && acked.get(p) === unsent.get(p).seq && same(answers.get(p), unsent.get(p).response);
      const positions = new Set([...base.keys(), ...acked.keys()]);
      const untouched = !record.taken && [...positions].every((p) => (acked.get(p) || 0) === (base.get(p) || 0) || arrived(p));
      unsent.forEach((save, position) => {
        if (arrived(position) || !items.some((item) => item.position === position)) return;
        if (untouched) {
          enqueue(position, save.response);
        } else if (!same(answers.get(position), save.response)) {
          stranded.set(position, save.response);
        }
      });
    });
    if (pending.size > 0) keepPending();
    records.forEach(({ key }) => store.remove(key));
    return stranded;
  }

  // ---- saving ---------------------------------------------------------------------------------------------------

  function enqueue(position, response) {
    // A number is never used twice: the answer to an earlier request may have been lost on its way.
    const seq = Math.max(highest.get(position) || 0, acked.get(position) || 0) + 1;
    highest.set(position, seq);
    answers.set(position, response);
    pending.set(position, { seq, response });
  }

  function change(position, response) {
    enqueue(position, response);
    keepPending();
    showSaved();
    schedule(DEBOUNCE_MS);
  }

  function schedule(ms) {
    clearTimeout(saveTimer);
    saveTimer = setTimeout(flush, ms);
  }

  const responses = () => new Map([...pending].map(([position, save]) => [position, save.response]));
  const saves = () => [...pending].map(([position, save]) => ({ position, seq: save.seq, response: save.response }));

  async function flush() {
    if (sending || pending.size === 0 || (mode !== 'open' && mode !== 'ending')) return;
    sending = true;
    const lease = attempt.lease;
    const batch = saves();
    showSaved();
    let answer = null;
    try {
      answer = await call('PUT', '/attempts/' + attempt.id + '/answers', { lease, saves: batch });
    } catch (error) {
      answer = null;
    }
    sending = false;
    // Meanwhile it may have been submitted, or taken back with a new lease.
    if (lease !== attempt.lease || (mode !== 'open' && mode !== 'ending')) return;
    if (answer === null || passing(answer)) {
      lost(answer ? answer.wait : 0);
    } else if (answer.ok) {
      acknowledge(batch, answer.data);
    } else {
      refuse(answer);
    }
  }

  function acknowledge(batch, data) {
    let progress = false;
    setClock(data);
    watch();
    (data.saved || []).forEach(({ position, seq }) => {
      acked.set(position, Math.max(acked.get(position) || 0, seq));
      const save = pending.get(position);
      if (!save) return;
      if (save.seq === seq) {
        pending.delete(position);
        progress = true;
      } else if (save.seq < seq) {
        enqueue(position, save.response);
      } else if (batch.some((sent) => sent.position === position && sent.seq <= seq)) {
        progress = true;
      }
    });
    keepPending();
    if (!progress) {
      lost(0);
      return;
    }
    failures = 0;
    if (pending.size === 0) {
      savedAt = data.server_time ? Date.parse(data.server_time) : serverNow();
      if (offline) say(t('saved', { time: wallTime(savedAt) }));
      setOffline(false);
    } else {
      schedule(offline ? 0 : DEBOUNCE_MS);
    }
    showSaved();
  }

  function lost(retryAfter) {
    failures += 1;
    setOffline(true);
    schedule(pause(failures, retryAfter));
  }

  function refuse(answer) {
    const code = answer.data.code;
    if (code === 'taken_over') {
      taken();
    } else if (code === 'attempt_closed') {
      collect();
    } else if (code === 'seq_conflict') {
      // Cannot happen while numbers are never used twice; a new lease tells where the server stands.
      keepPending();
      start();
    } else if (answer.status === 401 || code === 'csrf_failed') {
      keepPending();
      stuck('login');
    } else {
      keepPending();
      stuck('fatal', answer.data);
    }
  }

  function setOffline(now) {
    if (offline === now) return;
    offline = now;
    if (now) say(t('offline'));
    showBanner();
    showSaved();
  }

  const logIn = () => '/login?next=' + encodeURIComponent(location.pathname + location.search);

  // What the server says of the time: the deadline, which may have been put off, and whether the clock stands still.
  function setClock(data) {
    const deadline = Date.parse(data.deadline);
    if (Number.isNaN(deadline)) return;
    const wasHalted = halted !== null;
    const longer = deadline - attempt.deadline;
    attempt.deadline = deadline;
    halted = data.paused === true ? Math.max(0, deadline - Date.parse(data.server_time)) : null;
    if (halted !== null) {
      if (!wasHalted) halt();
    } else if (wasHalted) {
      goOn();
    } else if (longer >= 1000 && mode !== 'starting') {
      showChanged();
    }
    tick();
  }

  function showChanged() {
    const text = t('changed', { time: wallTime(attempt.deadline) });
    byId('changed-text').textContent = text;
    show('changed', true);
    say(text);
    announced = Infinity;
  }

  function halt() {
    if (mode !== 'open' && mode !== 'taken') return;
    lock();
    closeDialogs();
    showBanner();
    say(t('halted'));
  }

  function goOn() {
    if (mode === 'open') unlock();
    showBanner();
    showQuestion(false);
    showChanged();
  }

  // Asks for the clock now and again: whoever only reads must learn too that the time was changed, that the exam is
  // paused, or that another device has taken over.
  function watch() {
    clearTimeout(watchTimer);
    const every = halted === null ? WATCH_MS : HALTED_MS;
    watchTimer = setTimeout(ask, every * (0.8 + 0.4 * Math.random()));
  }

  async function ask() {
    if (mode !== 'open' && mode !== 'taken') return;
    const lease = attempt.lease;
    let answer = null;
    try {
      answer = await call('GET', '/attempts/' + attempt.id + '/clock?lease=' + lease);
    } catch (error) {
      answer = null;
    }
    if (lease !== attempt.lease || (mode !== 'open' && mode !== 'taken')) return;
    watch();
    if (answer === null || !answer.ok) return;
    if (answer.data.state !== 'running') {
      collect();
      return;
    }
    if (!answer.data.held && mode === 'open' && !sending) taken();
    setClock(answer.data);
  }

  // ---- beginning, and coming back -------------------------------------------------------------------------------

  async function start() {
    const before = mode;
    mode = 'starting';
    lock();
    clearTimeout(saveTimer);
    clearTimeout(pollTimer);
    const device = t(matchMedia('(pointer: coarse)').matches ? 'phone' : 'computer');
    for (;;) {
      let answer = null;
      try {
        answer = await call('POST', '/exams/' + config.exam + '/attempts', { device });
      } catch (error) {
        answer = null;
      }
      if (answer && answer.ok) {
        failures = 0;
        begin(answer.data);
        return;
      }
      if (answer && answer.data.code === 'paused') {
        byId('starting-text').textContent = t('halted-wait');
        await new Promise((resolve) => setTimeout(resolve, HALTED_MS * (0.8 + 0.4 * Math.random())));
        continue;
      }
      if (answer && !passing(answer)) {
        if (before === 'taken' && answer.data.code === 'no_attempt_left') {
          collect();
        } else {
          refuseStart(answer);
        }
        return;
      }
      failures += 1;
      byId('starting-text').textContent = t('retry');
      if (attempt !== null) setOffline(true);
      await new Promise((resolve) => setTimeout(resolve, pause(failures, answer ? answer.wait : 0)));
    }
  }

  function refuseStart(answer) {
    mode = 'stuck';
    if (answer.status === 401) {
      leaving = true;
      location.assign(logIn());
      return;
    }
    show('starting', false);
    show('work', false);
    show('foot', false);
    show('over', true);
    byId('over-title').textContent = answer.data.title || t('problem', { title: answer.status });
    const lines = [answer.data.detail, config.contact ? t('ask', { list: config.contact }) : ''];
    if (answer.data.request_id) lines.push(t('request', { id: answer.data.request_id }));
    byId('over-lines').replaceChildren(...lines.filter(Boolean).map((line) => element('p', '', line)));
    farewell();
  }

  function begin(data) {
    const again = attempt !== null && attempt.id === data.id;
    const left = again ? pending : new Map();
    attempt = { id: data.id, lease: data.lease, deadline: Date.parse(data.deadline) };
    halted = data.paused === true ? Math.max(0, attempt.deadline - Date.parse(data.server_time)) : null;
    items = [];
    (data.sections || []).forEach((section, s) => {
      section.items.forEach((item) => {
        items.push({ position: item.position, kind: item.kind, stem: item.stem, options: choices(item), section: s, title: section.title, points: section.points_each });
      });
    });
    items.sort((a, b) => a.position - b.position);
    answers = new Map();
    acked = new Map();
    pending = new Map();
    (data.saved || []).forEach((save) => {
      answers.set(save.position, save.response);
      acked.set(save.position, save.seq);
      highest.set(save.position, Math.max(highest.get(save.position) || 0, save.seq));
    });
    savedAt = data.saved && data.saved.length > 0 ? Date.parse(data.server_time) : null;
    marks = new Set((store.get(marksKey()) || []).filter((p) => items.some((item) => item.position === p)));
    if (data.state && data.state !== 'running') {
      finish(data, endOf(data));
      return;
    }
    const stranded = adopt();
    if (!store.works) {
      left.forEach((save, position) => {
        if (!same(answers.get(position), save.response)) stranded.set(position, save.response);
      });
    }
    mode = 'open';
    offline = false;
    if (!again) here = Math.max(0, items.findIndex((item) => !answered(item)));
    show('starting', false);
    show('work', true);
    show('foot', true);
    buildBoard();
    unlock();
    showQuestion(false);
    showBanner();
    showStranded(stranded);
    showSaved();
    tick();
    watch();
    if (halted !== null) halt();
    if (pending.size > 0) schedule(0);
    if (!store.works) say(t('no-storage'));
  }

  function choices(item) {
    if (item.kind === 'judgement') {
      return [{ value: true, text: t('key-right') }, { value: false, text: t('key-wrong') }];
    }
    return (item.options || []).map((option) => ({ value: option.id, text: option.text }));
  }

  // ---- another device -------------------------------------------------------------------------------------------

  function taken() {
    mode = 'taken';
    clearTimeout(saveTimer);
    keepPending(true);
    offline = false;
    lock();
    showBanner();
    showSaved();
    say(t('taken'));
  }

  function showStranded(stranded) {
    show('stranded', stranded.size > 0);
    if (stranded.size === 0) return;
    byId('stranded-text').textContent = t('stranded', { list: listOf(stranded) });
  }

  function listOf(responses) {
    const named = [...responses].map(([position, response]) => {
      const item = items.find((one) => one.position === position);
      return t('answer', { n: position, answer: item ? lettersOf(item, response) : '' });
    });
    return named.join(t('comma'));
  }

  function lettersOf(item, response) {
    const chosen = Array.isArray(response) ? response : [response];
    const letters = item.options.map((option, i) => (chosen.includes(option.value) ? letter(item, i) : '')).filter(Boolean);
    return letters.join('') || t('blank');
  }

  const letter = (item, i) => (item.kind === 'judgement' ? item.options[i].text : KEYS[i] || String(i + 1));

  // ---- the question ---------------------------------------------------------------------------------------------

  const current = () => items[here];

  function answered(item) {
    const response = answers.get(item.position);
    return typeof response === 'boolean' || (Array.isArray(response) && response.length > 0);
  }

  function showQuestion(focus) {
    const item = current();
    const kind = t('kind-' + item.kind);
    byId('meta').textContent = t('meta', { n: item.position, all: items.length, kind, points: item.points });
    byId('scoring').textContent = config.scoring[item.section] || '';
    byId('stem').textContent = item.stem;
    const response = answers.get(item.position);
    const chosen = Array.isArray(response) ? response : [response];
    const options = item.options.map((option, i) => {
      const label = element('label', item.kind === 'multiple' ? 'opt box' : 'opt');
      const input = element('input');
      input.type = item.kind === 'multiple' ? 'checkbox' : 'radio';
      input.name = 'answer';
      input.checked = chosen.includes(option.value);
      input.disabled = mode !== 'open' || halted !== null;
      input.addEventListener('change', choose);
      label.append(input, element('span', 'key', KEYS[i] || String(i + 1)), element('span', 'text', option.text));
      label.classList.toggle('on', input.checked);
      return label;
    });
    byId('options').replaceChildren(...options);
    byId('prev').disabled = here === 0;
    byId('next').textContent = here === items.length - 1 ? t('review') : t('next');
    showMark();
    showBoard();
    if (focus) {
      window.scrollTo(0, 0);
      byId('stem').focus({ preventScroll: true });
    }
  }

  function inputs() {
    return [...byId('options').querySelectorAll('input')];
  }

  function choose() {
    if (mode !== 'open' || halted !== null) return;
    const item = current();
    const on = inputs();
    const chosen = item.options.filter((option, i) => on[i].checked).map((option) => option.value);
    on.forEach((input) => input.parentNode.classList.toggle('on', input.checked));
    byId('clear').disabled = chosen.length === 0;
    const response = item.kind === 'judgement' ? (chosen.length ? chosen[0] : null) : chosen;
    if (!same(answers.get(item.position), response)) change(item.position, response);
    showBoard();
  }

  function pick(i) {
    const input = inputs()[i];
    if (!input || mode !== 'open' || halted !== null) return;
    input.checked = input.type === 'radio' || !input.checked;
    input.focus();
    choose();
  }

  function clear() {
    if (mode !== 'open' || halted !== null || !answered(current())) return;
    inputs().forEach((input) => {
      input.checked = false;
    });
    choose();
  }

  function mark() {
    if (mode !== 'open') return;
    const position = current().position;
    if (!marks.delete(position)) marks.add(position);
    store.set(marksKey(), [...marks]);
    showMark();
    showBoard();
  }

  function showMark() {
    const on = marks.has(current().position);
    byId('mark').setAttribute('aria-pressed', String(on));
    byId('mark').textContent = t(on ? 'unmark' : 'mark');
    byId('clear').disabled = mode !== 'open' || halted !== null || !answered(current());
  }

  function goTo(index) {
    if (index < 0 || index >= items.length) return;
    here = index;
    closeBoard();
    showQuestion(true);
  }

  // ---- the board ------------------------------------------------------------------------------------------------

  function buildBoard() {
    const parts = [];
    let grid = null;
    items.forEach((item, i) => {
      if (i === 0 || items[i - 1].section !== item.section) {
        grid = element('div', 'cells');
        parts.push(element('h3', 'board-section', item.title), grid);
      }
      const cell = element('button', 'cell', String(item.position));
      cell.type = 'button';
      cell.addEventListener('click', () => goTo(i));
      grid.append(cell);
    });
    byId('cells').replaceChildren(...parts);
  }

  function dress(cell, item) {
    const words = [t('count', { n: item.position })];
    const isAnswered = answered(item);
    const isMarked = marks.has(item.position);
    const isHere = item === current();
    words.push(t(isAnswered ? 'answered' : 'open'));
    if (isMarked) words.push(t('marked'));
    cell.classList.toggle('done', isAnswered);
    cell.classList.toggle('flag', isMarked);
    cell.classList.toggle('here', isHere);
    if (isHere) {
      cell.setAttribute('aria-current', 'true');
    } else {
      cell.removeAttribute('aria-current');
    }
    cell.setAttribute('aria-label', words.join(t('comma')));
  }

  function showBoard() {
    const grid = byId('cells');
    [...grid.querySelectorAll('.cell')].forEach((cell, i) => {
      dress(cell, items[i]);
      if (i !== here) return;
      // Where the board is longer than its room, the question in hand stays in sight.
      const top = cell.getBoundingClientRect().top - grid.getBoundingClientRect().top;
      if (top < 0 || top + cell.offsetHeight > grid.clientHeight) grid.scrollTop += top - grid.clientHeight / 2;
    });
    const done = items.filter(answered).length;
    byId('count-done').textContent = done;
    byId('count-open').textContent = items.length - done;
    byId('count-marked').textContent = marks.size;
    byId('drawer').textContent = done + ' / ' + items.length;
    byId('drawer').setAttribute('aria-label', t('board', { n: done, all: items.length }));
  }

  function openBoard() {
    byId('board').classList.add('open');
    byId('drawer').setAttribute('aria-expanded', 'true');
    byId('board-close').focus();
  }

  function closeBoard() {
    if (!byId('board').classList.contains('open')) return false;
    byId('board').classList.remove('open');
    byId('drawer').setAttribute('aria-expanded', 'false');
    byId('drawer').focus();
    return true;
  }

  // ---- state always in sight ------------------------------------------------------------------------------------

  function showSaved() {
    const saved = byId('saved');
    let state = 'idle';
    let text = t('idle');
    if (mode === 'taken') {
      state = 'stopped';
      text = t('stopped');
    } else if (mode === 'stuck') {
      state = 'stopped';
      text = t('unsaved');
    } else if (offline) {
      state = 'offline';
      text = t('kept');
    } else if (pending.size > 0) {
      state = 'saving';
      text = t('saving');
    } else if (savedAt !== null) {
      state = 'saved';
      text = t('saved', { time: wallTime(savedAt) });
    }
    if (saved.dataset.state !== state) saved.dataset.state = state;
    if (byId('saved-text').textContent !== text) byId('saved-text').textContent = text;
  }

  let banner = '';
  function showBanner(name, values) {
    const bar = byId('banner');
    const wanted = name || (mode === 'taken' ? 'taken' : halted !== null ? 'halted' : offline ? 'offline' : '');
    const key = wanted + JSON.stringify(values || {});
    if (banner === key) return;
    banner = key;
    bar.hidden = wanted === '';
    room.classList.toggle('has-banner', wanted !== '');
    if (wanted === '') return;
    bar.className = ['offline', 'taken', 'halted'].includes(wanted) ? 'banner warn' : 'banner bad';
    const text = wanted === 'offline' && !store.works ? t('offline') + t('no-storage') : t(wanted, values);
    const parts = [element('span', 'banner-text', text)];
    if (wanted === 'taken') {
      if (pending.size > 0) parts.push(element('span', 'banner-text', t('stranded', { list: listOf(responses()) })));
      const back = element('button', 'btn', t('taken-back'));
      back.type = 'button';
      back.addEventListener('click', () => {
        back.disabled = true;
        start();
      });
      parts.push(back);
    }
    if (wanted === 'login') {
      const link = element('a', 'btn', t('login-link'));
      link.href = logIn();
      link.addEventListener('click', () => {
        leaving = true;
      });
      parts.push(link);
    }
    bar.replaceChildren(...parts);
  }

  function stuck(name, problem) {
    mode = 'stuck';
    offline = false;
    lock();
    showSaved();
    const about = problem || {};
    showBanner(name, { title: about.title || '', id: about.request_id || '' });
    say(byId('banner').textContent);
  }

  let announced = Infinity;
  function tick() {
    if (!attempt || clock.offset === null) return;
    const left = timeLeft();
    const text = length(left);
    if (byId('clock').textContent !== text) byId('clock').textContent = text;
    if (!byId('submit').hidden) byId('submit-time').textContent = text;
    room.classList.toggle('low', left <= LOW_MS);
    if (mode === 'open' || mode === 'taken') {
      const minutes = [10, 5, 1].find((m) => left <= m * 60000 && left > (m - 1) * 60000 && announced > m);
      if (minutes !== undefined) {
        announced = minutes;
        say(t('minutes-left', { n: minutes }));
      }
    }
    if (left <= 0 && halted === null && (mode === 'open' || mode === 'taken')) timeUp();
  }

  let wasTaken = false; // another device was writing when the time was up

  // ---- the end --------------------------------------------------------------------------------------------------

  function timeUp() {
    wasTaken = mode === 'taken';
    mode = 'ending';
    lock();
    closeDialogs();
    if (!wasTaken) {
      clearTimeout(saveTimer);
      flush();
    }
    wait();
    poll(0);
  }

  function wait() {
    show('work', false);
    show('over', true);
    byId('over-title').textContent = t('over-wait');
    byId('over-lines').replaceChildren(element('p', '', t('over-wait-help')));
    byId('over-title').focus();
  }

  // The server says that the attempt has ended: ask what it holds.
  function collect() {
    wasTaken = true;
    mode = 'ending';
    clearTimeout(saveTimer);
    lock();
    closeDialogs();
    wait();
    poll(0);
  }

  function poll(ms) {
    clearTimeout(pollTimer);
    pollTimer = setTimeout(look, ms);
  }

  async function look() {
    let answer = null;
    try {
      answer = await call('GET', '/attempts/' + attempt.id);
    } catch (error) {
      answer = null;
    }
    if (mode !== 'ending') return;
    if (answer === null || passing(answer)) {
      failures += 1;
      setOffline(true);
      poll(pause(failures, answer ? answer.wait : 0));
      return;
    }
    if (!answer.ok) {
      refuseStart(answer);
      return;
    }
    failures = 0;
    setOffline(false);
    setClock(answer.data);
    if (answer.data.state === 'running') {
      if (timeLeft() > 0 || halted !== null) {
        // More time was given meanwhile; or it goes on elsewhere.
        mode = wasTaken ? 'taken' : 'open';
        show('over', false);
        show('work', true);
        if (!wasTaken) unlock();
        if (halted !== null) halt();
        watch();
        showBanner();
        showSaved();
        showQuestion(true);
        if (pending.size > 0) schedule(0);
        return;
      }
      if (!wasTaken && pending.size > 0) flush();
      poll(POLL_MS);
      return;
    }
    // What it came to, if that is told already.
    let told = null;
    try {
      told = await call('GET', '/attempts/' + attempt.id + '/result');
    } catch (error) {
      told = null;
    }
    if (mode !== 'ending') return;
    if (told && told.ok) answer.data.result = told.data;
    finish(answer.data, endOf(answer.data));
  }

  // Nothing is left to do here but to go.
  function farewell() {
    ['saved', 'clock-box', 'help'].forEach((id) => show(id, false));
    show('over-back', true);
    byId('over-title').focus();
  }

  // Who handed it in. What arrives in time carries its time of arrival, what the server collects carries the deadline.
  function endOf(data) {
    if (data.state === 'voided') return 'voided';
    if (typeof data.by_server === 'boolean') return data.by_server ? 'over' : 'submitted';
    return Date.parse(data.submitted_at) >= attempt.deadline ? 'over' : 'submitted';
  }

  function finish(data, name) {
    const lines = [];
    const saved = Array.isArray(data.saved) ? data.saved : null;
    const filled = (response) => typeof response === 'boolean' || (Array.isArray(response) && response.length > 0);
    let held = items.filter((item) => answered(item) && !pending.has(item.position)).length;
    if (saved) held = saved.filter((save) => filled(save.response)).length;
    if (typeof data.answered === 'number') held = data.answered;
    const unsent = responses();
    mode = 'over';
    leaving = true;
    clearTimeout(saveTimer);
    clearTimeout(pollTimer);
    clearTimeout(watchTimer);
    offline = false;
    halted = null;
    lock();
    closeDialogs();
    if (data.submitted_at) lines.push(t('submitted-at', { time: wallTime(Date.parse(data.submitted_at)) }));
    lines.push(t('held', { n: held, all: items.length }));
    const result = data.result || (data.points !== undefined && data.points !== null ? data : null);
    if (result && result.points !== undefined && result.points !== null) {
      lines.push(t('result', { points: result.points, max: result.max_points, state: result.passed ? t('passed') : t('failed') }));
    } else {
      lines.push(t('no-result'));
    }
    if (unsent.size > 0) lines.push(t('lost', { list: listOf(unsent) }));
    if (unsent.size > 0 && config.contact) lines.push(t('ask', { list: config.contact }));
    // What did not arrive stays on this device: the attempt may be reopened for it.
    if (unsent.size > 0) {
      keepPending(wasTaken);
    } else {
      forget();
    }
    show('starting', false);
    show('work', false);
    show('foot', false);
    show('over', true);
    showBanner();
    byId('over-title').textContent = t(name);
    byId('over-lines').replaceChildren(...lines.map((line) => element('p', '', line)));
    farewell();
  }

  // ---- submitting -----------------------------------------------------------------------------------------------

  function cellsOf(list) {
    return list.map((item) => {
      const cell = element('button', 'cell', String(item.position));
      cell.type = 'button';
      cell.addEventListener('click', () => {
        closeDialogs();
        goTo(items.indexOf(item));
      });
      dress(cell, item);
      return cell;
    });
  }

  function review() {
    if (mode !== 'open' || halted !== null) return;
    closeBoard();
    const open = items.filter((item) => !answered(item));
    const marked = items.filter((item) => marks.has(item.position));
    byId('submit-open').textContent = open.length ? t('summary-open', { n: open.length }) : t('nothing-open', { all: items.length });
    byId('submit-open-cells').replaceChildren(...cellsOf(open));
    byId('submit-marked').textContent = t('summary-marked', { n: marked.length });
    byId('submit-marked-cells').replaceChildren(...cellsOf(marked));
    byId('submit-unsent').hidden = pending.size === 0;
    byId('submit-unsent').textContent = t('summary-unsent', { n: pending.size });
    byId('submit-state').textContent = '';
    byId('submit-go').disabled = false;
    openDialog('submit');
    tick();
  }

  async function submit() {
    if (mode !== 'open') return;
    mode = 'submitting';
    clearTimeout(saveTimer);
    lock();
    byId('submit-go').disabled = true;
    byId('submit-state').textContent = t('submit-busy');
    for (let tries = 1; mode === 'submitting'; tries += 1) {
      let answer = null;
      try {
        answer = await call('POST', '/attempts/' + attempt.id + '/submit', { lease: attempt.lease, saves: saves() });
      } catch (error) {
        answer = null;
      }
      if (mode !== 'submitting') return;
      if (answer && answer.ok) {
        pending.clear();
        finish(answer.data, endOf(answer.data));
        return;
      }
      if (answer && !passing(answer)) {
        mode = 'open';
        closeDialogs();
        refuse(answer);
        return;
      }
      if (timeLeft() <= 0) {
        mode = 'open';
        timeUp();
        return;
      }
      byId('submit-state').textContent = t('submit-retry');
      setOffline(true);
      await new Promise((resolve) => setTimeout(resolve, pause(tries, answer ? answer.wait : 0)));
    }
  }

  // Back to the questions, also while a submit that finds no network is being tried.
  function keepWorking() {
    if (mode === 'submitting') {
      mode = 'open';
      unlock();
      showQuestion(false);
      if (pending.size > 0) schedule(0);
      else setOffline(false);
    }
  }

  // ---- dialogs, locks -------------------------------------------------------------------------------------------

  function show(id, on) {
    byId(id).hidden = !on;
  }

  function openDialog(id) {
    const dialog = byId(id);
    dialog.hidden = false;
    if (dialog.open) return;
    if (dialog.showModal) {
      dialog.showModal();
    } else {
      dialog.setAttribute('open', '');
      dialog.querySelector('h2').focus();
    }
  }

  function closeDialog(dialog) {
    if (dialog.open && dialog.close) dialog.close();
    dialog.removeAttribute('open');
    dialog.hidden = true;
  }

  function closeDialogs() {
    ['submit', 'keys'].forEach((id) => closeDialog(byId(id)));
  }

  function lock() {
    room.classList.add('locked');
    inputs().forEach((input) => {
      input.disabled = true;
    });
    ['mark', 'clear', 'review'].forEach((id) => {
      byId(id).disabled = true;
    });
  }

  function unlock() {
    room.classList.remove('locked');
    inputs().forEach((input) => {
      input.disabled = false;
    });
    ['mark', 'clear', 'review'].forEach((id) => {
      byId(id).disabled = false;
    });
  }

  // ---- keys -----------------------------------------------------------------------------------------------------

  function moveFocus(by) {
    const on = inputs();
    const at = on.indexOf(document.activeElement);
    const next = on[at === -1 ? (by > 0 ? 0 : on.length - 1) : at + by];
    if (next) next.focus();
  }

  function press(event) {
    if (!event.key || event.ctrlKey || event.altKey || event.metaKey || byId('work').hidden) return;
    if (byId('submit').open || byId('keys').open) return;
    const key = event.key.length === 1 ? event.key.toUpperCase() : event.key;
    const digit = /^[1-9]$/.test(key) ? Number(key) - 1 : -1;
    if (event.key === 'Escape') {
      if (!closeBoard()) return;
    } else if (key === 'ArrowLeft' || key === 'ArrowRight') {
      goTo(here + (key === 'ArrowLeft' ? -1 : 1));
    } else if (key === 'ArrowUp' || key === 'ArrowDown') {
      if (byId('board').contains(document.activeElement)) return;
      moveFocus(key === 'ArrowUp' ? -1 : 1);
    } else if (digit >= 0) {
      pick(digit);
    } else if (key.length === 1 && KEYS.includes(key)) {
      pick(KEYS.indexOf(key));
    } else if (key === 'M') {
      mark();
    } else if (key === '?' || key === '？') {
      openDialog('keys');
    } else {
      return;
    }
    event.preventDefault();
  }

  // ---- wiring ---------------------------------------------------------------------------------------------------

  byId('prev').addEventListener('click', () => goTo(here - 1));
  byId('next').addEventListener('click', () => (here === items.length - 1 ? review() : goTo(here + 1)));
  byId('mark').addEventListener('click', mark);
  byId('clear').addEventListener('click', clear);
  byId('review').addEventListener('click', review);
  byId('drawer').addEventListener('click', () => (byId('board').classList.contains('open') ? closeBoard() : openBoard()));
  byId('board-close').addEventListener('click', closeBoard);
  byId('help').addEventListener('click', () => openDialog('keys'));
  byId('submit-go').addEventListener('click', submit);
  byId('changed-close').addEventListener('click', () => show('changed', false));
  byId('stranded-close').addEventListener('click', () => show('stranded', false));
  document.querySelectorAll('[data-close]').forEach((button) => button.addEventListener('click', () => closeDialog(button.closest('dialog'))));
  document.querySelectorAll('dialog').forEach((dialog) => dialog.addEventListener('close', () => {
    dialog.hidden = true;
    if (dialog.id === 'submit') keepWorking();
  }));
  byId('over-back').href = config.back;
  document.addEventListener('keydown', press);
  window.addEventListener('online', () => {
    if (pending.size > 0) schedule(0);
  });
  // A phone that was asleep has a clock that stood still: ask the server's.
  document.addEventListener('visibilitychange', async () => {
    if (document.visibilityState === 'hidden') {
      flush();
      return;
    }
    if (mode !== 'open') return;
    if (pending.size > 0) schedule(0);
    await ask();
  });
  window.addEventListener('pagehide', flush);
  window.addEventListener('beforeunload', (event) => {
    if (leaving || pending.size === 0 || mode === 'stuck') return;
    event.preventDefault();
    event.returnValue = '';
  });
  setInterval(tick, 250);
  start();
})();
