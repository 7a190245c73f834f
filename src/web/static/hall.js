// Keeps the hall's screen up to date: the code every ten seconds, the figures every few. Without it the page reloads.
(function () {
  'use strict';

  const hall = document.querySelector('[data-hall]');
  if (!hall) return;
  const base = '/api/v1/sessions/' + hall.dataset.hall;
  const part = (name) => hall.querySelector('[data-part="' + name + '"]');
  const text = hall.dataset;
  let nextAt = performance.now() + Number(text.secondsLeft) * 1000;
  let asking = false;

  async function ask(path) {
    const answer = await fetch(base + path, { headers: { Accept: 'application/json' }, cache: 'no-store' });
    if (answer.status === 401) {
      location.reload();
      return null;
    }
    const body = await answer.json();
    return { ok: answer.ok, body: body, date: Date.parse(answer.headers.get('date') || '') };
  }

  function show(name, value) {
    const node = part(name);
    if (node && node.textContent !== String(value)) node.textContent = value;
  }

  function showCode(answer) {
    const code = answer.body;
    const picture = new DOMParser().parseFromString(code.qr_svg, 'image/svg+xml').documentElement;
    if (picture.nodeName.toLowerCase() === 'svg') {
      picture.setAttribute('role', 'img');
      picture.setAttribute('aria-label', text.picture);
      part('picture').replaceChildren(document.importNode(picture, true));
    }
    show('code', code.code.slice(0, 3) + ' ' + code.code.slice(3));
    // Slots begin on the server's clock: how long is left is the server's to say, as far as its date tells.
    const left = Number.isNaN(answer.date) ? 10000 : Date.parse(code.next_at) - answer.date;
    nextAt = performance.now() + Math.min(10000, Math.max(500, left));
    hall.classList.remove('shut');
  }

  async function refresh() {
    if (asking) return;
    asking = true;
    try {
      const code = await ask('/check-in-code');
      if (code && code.ok) {
        showCode(code);
      } else if (code) {
        hall.classList.add('shut');
        nextAt = performance.now() + 5000;
        show('note', code.body.title || text.shut);
      }
      hall.classList.remove('cut');
    } catch (error) {
      // A code that is no longer taken must not stand there as if it were.
      hall.classList.add('cut');
      show('note', text.offline);
      nextAt = performance.now() + 3000;
    }
    asking = false;
  }

  async function count() {
    try {
      const answer = await ask('/summary');
      if (!answer || !answer.ok) return;
      const s = answer.body;
      show('here', s.present + s.late + s.left_early + s.made_up + s.delegated);
      show('expected', s.expected);
      show('missing', s.pending + s.absent);
      show('leave', s.on_leave);
    } catch (error) {
      // The next turn tries again.
    }
  }

  setInterval(() => {
    const left = Math.max(0, Math.ceil((nextAt - performance.now()) / 1000));
    if (!hall.classList.contains('cut') && !hall.classList.contains('shut')) {
      show('note', text.note.replace('{n}', left));
    }
    if (performance.now() >= nextAt) refresh();
  }, 500);
  setInterval(count, 1000);
  document.addEventListener('visibilitychange', () => {
    if (!document.hidden) {
      refresh();
      count();
    }
  });
})();
