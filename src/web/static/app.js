// What makes a page quicker to use. Every page works without it.
(function () {
  'use strict';

  const all = (selector, within) => Array.prototype.slice.call((within || document).querySelectorAll(selector));

  function say(node, text) {
    const status = document.createElement('span');
    status.className = 'said';
    status.setAttribute('role', 'status');
    all('.said', node.parentNode).forEach((old) => old.remove());
    node.insertAdjacentElement('afterend', status);
    // A status that is there before its text is read out.
    setTimeout(() => {
      status.textContent = text;
    }, 50);
  }

  // Where one is stays in sight where the areas are wider than the screen.
  const areas = document.querySelector('.bar nav');
  const here = areas && areas.querySelector('[aria-current]');
  if (here) areas.scrollLeft = here.offsetLeft - areas.offsetLeft - (areas.clientWidth - here.offsetWidth) / 2;

  // The errors of a form are what its sender must read first.
  const summary = document.querySelector('.errors[tabindex]');
  if (summary) summary.focus();
  all('.errors a[href^="#"]').forEach((link) => link.addEventListener('click', (event) => {
    const field = document.getElementById(decodeURIComponent(link.hash.slice(1)));
    if (!field) return;
    const control = field.matches('input, select, textarea') ? field : field.querySelector('input:not([type="hidden"]), select, textarea');
    if (!control) return;
    for (let up = field.closest('details'); up; up = up.parentElement.closest('details')) up.open = true;
    event.preventDefault();
    control.focus();
    field.scrollIntoView({ block: 'center' });
  }));

  // What was typed is never lost: a form that was not taken (the log-in had ended, the server made a mistake, there was no
  // network) is filled again when its sender comes back to it. Passwords are not kept, and nothing once it was taken.
  const KEPT = 'kaofa:form:';
  const kept = {
    // What somebody typed is shown to nobody else who logs in after them.
    key: (form) => KEPT + document.getElementById('main').dataset.who + new URL(form.action, location.href).pathname,
    set(form) {
      const secret = all('input[type="password"], input[name="csrf"]', form).map((field) => field.name);
      const values = Array.from(new FormData(form)).filter(([name, value]) => typeof value === 'string' && !secret.includes(name));
      try {
        sessionStorage.setItem(this.key(form), JSON.stringify(values));
      } catch (error) {
        // A browser that keeps nothing is no worse off than before.
      }
    },
    take(form) {
      try {
        return JSON.parse(sessionStorage.getItem(this.key(form)));
      } catch (error) {
        return null;
      }
    },
    forget() {
      try {
        Object.keys(sessionStorage).filter((key) => key.indexOf(KEPT) === 0).forEach((key) => sessionStorage.removeItem(key));
      } catch (error) {
        // There was nothing to forget.
      }
    },
  };
  function refill(form, values) {
    all('input:not([type="hidden"]):not([type="password"]):not([type="file"]), select, textarea', form).forEach((field) => {
      const own = values.filter(([name]) => name === field.name).map(([, value]) => value);
      if (field.type === 'checkbox' || field.type === 'radio') {
        field.checked = own.includes(field.value);
      } else if (own.length > 0) {
        field.value = own[0];
      }
    });
    const notice = document.createElement('p');
    notice.className = 'notice warn';
    notice.setAttribute('role', 'status');
    notice.textContent = document.getElementById('main').dataset.restored;
    form.insertAdjacentElement('beforebegin', notice);
    for (let up = form.closest('details'); up; up = up.parentElement.closest('details')) up.open = true;
  }
  // What is worth keeping: whatever is typed or chosen, not a mere button. The log-in is nobody's to keep.
  const keeps = (form) => form.method === 'post' && !form.closest('.bar') && form.matches('.form, .confirm > form') && form.querySelector('input:not([type="hidden"]), select, textarea');
  const between = document.getElementById('request-id') || /^\/(login|password)$/.test(location.pathname);
  if (!between) {
    const taken = summary || /[?&]done=/.test(location.search);
    all('form[method="post"]').filter(keeps).forEach((form) => {
      const values = taken ? null : kept.take(form);
      if (values) refill(form, values);
    });
    kept.forget();
  }

  // A second click does not send a form twice.
  document.addEventListener('submit', (event) => {
    const form = event.target;
    if (form.dataset.confirm && !window.confirm(form.dataset.confirm)) {
      event.preventDefault();
      return;
    }
    if (form.method !== 'post') return;
    if (form.dataset.sent) {
      event.preventDefault();
      return;
    }
    form.dataset.sent = 'yes';
    if (keeps(form) && !between) kept.set(form);
    setTimeout(() => delete form.dataset.sent, 10000);
  });
  window.addEventListener('pageshow', () => all('form[data-sent]').forEach((form) => delete form.dataset.sent));

  // `data-copy="#id"` copies the text of what it names. Over plain HTTP there is no clipboard but the old command.
  function copyOld(text) {
    const area = document.createElement('textarea');
    area.value = text;
    area.className = 'vh';
    document.body.append(area);
    area.select();
    const copied = document.execCommand('copy');
    area.remove();
    return copied ? Promise.resolve() : Promise.reject(new Error('copy'));
  }
  all('[data-copy]').forEach((button) => {
    button.hidden = false;
    button.addEventListener('click', () => {
      const source = document.querySelector(button.dataset.copy);
      const text = 'value' in source ? source.value : source.textContent.trim();
      const copying = navigator.clipboard ? navigator.clipboard.writeText(text) : copyOld(text);
      copying.then(() => say(button, button.dataset.copied), () => say(button, button.dataset.failed));
    });
  });

  all('[data-print]').forEach((button) => {
    button.hidden = false;
    button.addEventListener('click', () => window.print());
  });

  // Choosing a filter applies it.
  all('form[data-filter]').forEach((form) => {
    all('select, input[type="date"]', form).forEach((control) => control.addEventListener('change', () => form.submit()));
  });

  // What the server says of a form so far, as soon as it is changed: `data-live` names the button that asks for it, and
  // what it says stands in the parts marked `data-said`.
  all('form[data-live]').forEach((form) => {
    let waiting = 0;
    let asked = 0;
    function ask() {
      const body = new URLSearchParams(new FormData(form));
      body.set(form.dataset.live, 'yes');
      asked += 1;
      const mine = asked;
      fetch(form.action, { method: 'POST', body, headers: { Accept: 'text/html' } })
        .then((answer) => answer.text())
        .then((text) => {
          if (mine !== asked) return;
          const fresh = new DOMParser().parseFromString(text, 'text/html');
          all('[data-said]', form).forEach((node) => {
            const said = fresh.getElementById(node.id);
            if (said) node.replaceChildren(...Array.from(said.childNodes));
          });
        })
        .catch(() => {});
    }
    form.addEventListener('input', () => {
      clearTimeout(waiting);
      waiting = setTimeout(ask, 600);
    });
  });

  // A tree of rows: `data-id`, `data-parent`; open to the level that the table names.
  all('table[data-tree]').forEach((table) => {
    const rows = all('tbody tr[data-id]', table);
    const byId = new Map(rows.map((row) => [row.dataset.id, row]));
    const parents = new Set(rows.map((row) => row.dataset.parent));
    const openTo = Number(table.dataset.tree) || 1;
    const level = (row) => Number(row.dataset.level) || 0;
    const twist = new Map();

    function visible(row) {
      for (let up = byId.get(row.dataset.parent); up; up = byId.get(up.dataset.parent)) {
        const button = twist.get(up.dataset.id);
        if (button && button.getAttribute('aria-expanded') !== 'true') return false;
      }
      return true;
    }
    function apply() {
      rows.forEach((row) => {
        row.hidden = !visible(row);
      });
      if (whole) whole.textContent = isWhole() ? whole.dataset.close : whole.dataset.open;
    }
    const isWhole = () => Array.from(twist.values()).every((button) => button.getAttribute('aria-expanded') === 'true');

    rows.forEach((row) => {
      if (!parents.has(row.dataset.id)) return;
      const cell = row.cells[0];
      const button = document.createElement('button');
      button.type = 'button';
      button.className = 'twist';
      button.setAttribute('aria-expanded', String(level(row) < openTo));
      button.setAttribute('aria-label', table.dataset.toggle + ' ' + cell.textContent.trim());
      button.addEventListener('click', () => {
        button.setAttribute('aria-expanded', String(button.getAttribute('aria-expanded') !== 'true'));
        apply();
      });
      twist.set(row.dataset.id, button);
      cell.prepend(button);
    });
    const whole = table.id ? document.querySelector('[data-whole="' + table.id + '"]') : null;
    if (whole) {
      whole.hidden = false;
      whole.addEventListener('click', () => {
        const open = !isWhole();
        twist.forEach((button) => button.setAttribute('aria-expanded', String(open)));
        apply();
      });
    }
    apply();
  });

  // Countdowns: `data-seconds` left when the page was made. The page's own clock counts, not the device's date.
  const began = performance.now();
  const two = (n) => (n < 10 ? '0' : '') + n;
  const counts = all('[data-seconds]');
  function tick() {
    counts.forEach((node) => {
      const left = Math.max(0, Math.ceil(Number(node.dataset.seconds) - (performance.now() - began) / 1000));
      const hours = Math.floor(left / 3600);
      const text = (hours > 0 ? hours + ':' : '') + two(Math.floor(left / 60) % 60) + ':' + two(left % 60);
      if (node.textContent !== text) node.textContent = text;
      if (left === 0 && node.dataset.reload !== undefined && !node.dataset.done) {
        node.dataset.done = 'yes';
        // A hall that waits together does not ask together.
        setTimeout(() => location.reload(), 300 + Math.random() * 2500);
      }
    });
  }
  if (counts.length > 0) {
    tick();
    setInterval(tick, 250);
  }
})();

// A file that proves something is sent at once; the form keeps its number.
document.querySelectorAll('[data-attach]').forEach((input) => {
  input.addEventListener('change', async () => {
    const form = input.closest('form');
    const name = input.dataset.attach;
    const said = form.querySelector('[data-attached="' + name + '"]');
    const file = input.files[0];
    form.querySelector('input[type=hidden][name="' + name + '"]').value = '';
    said.textContent = '';
    if (!file) return;
    const body = new FormData();
    body.append('file', file);
    try {
      const headers = { 'X-Csrf-Token': form.querySelector('input[name=csrf]').value, Accept: 'application/json' };
      const answer = await fetch('/api/v1/attachments', { method: 'POST', headers: headers, body: body });
      const kept = await answer.json();
      if (!answer.ok) throw new Error((kept.errors[0] || {}).message || kept.title);
      form.querySelector('input[type=hidden][name="' + name + '"]').value = kept.id;
      said.textContent = kept.name;
    } catch (error) {
      said.textContent = input.dataset.failed + ' ' + error.message;
      input.value = '';
    }
  });
});
